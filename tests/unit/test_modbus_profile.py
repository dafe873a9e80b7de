"""Profiles: the shipped ones break no rule, each bad one breaks its own and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from metering.calendar import ArchiveKind
from metering.errors import ProfileError, UnknownModel
from protocols.modbus import profile
from protocols.modbus.archive_map import Addressing
from protocols.modbus.linter import RULES, Rule, complaints
from protocols.profile_rules import every_model_has_a_vector

TESTS = Path(__file__).parent.parent
BAD = TESTS / "fixtures" / "bad-modbus-profiles"
GOOD = (TESTS / "fixtures" / "modbus-profile.toml").read_text(encoding="utf-8")
VECTORS = {file.stem for file in (TESTS / "vectors" / "modbus").glob("*.toml")}


@pytest.mark.parametrize("name", profile.names())
def test_a_shipped_profile_breaks_no_rule(name: str) -> None:
    assert list(complaints(profile.load(name), VECTORS)) == []


def test_the_example_breaks_no_rule() -> None:
    assert list(complaints(profile.read(GOOD, "example-meter"), {"example-meter"})) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_bad_profile_breaks_its_rule_and_no_other(rule: Rule) -> None:
    bad = profile.read((BAD / f"{rule.__name__}.toml").read_text(encoding="utf-8"), "example-meter")
    assert [broken.__name__ for broken in RULES if list(broken(bad))] == [rule.__name__]


def test_every_bad_profile_belongs_to_a_rule() -> None:
    assert {file.stem for file in BAD.iterdir()} == {rule.__name__ for rule in RULES}


def test_a_model_without_a_vector_is_complained_of() -> None:
    assert list(every_model_has_a_vector(profile.read(GOOD, "example-meter"), VECTORS))


WRONG = {
    "unknown key": ("largest = 100", "largest = 100\nlongest = 1", "unknown key longest"),
    "unknown key of a value": ('type = "f64",', 'type = "f64", sclae = "0.1",', "unknown key sclae"),
    "missing key": ('title = "Example meter"', "", "'title' is missing"),
    "wrong type": (
        "depth = 100\n\n[archive.total]",
        'depth = "100"\n\n[archive.total]',
        "must be of type int",
    ),
    "closing by a setting that is not there": (
        "depth = 100\n\n[archive.total]",
        'depth = 100\ncloses_when = { report_hour = "0" }\n\n[archive.total]',
        "there is no setting 'report_hour'",
    ),
    "unknown quantity": ('"operating_time"', '"operating_hours"', "unknown quantity"),
    "unknown number type": ('type = "f64"', 'type = "f128"', "unknown type 'f128'"),
    "scale that is no number": ('scale = "0.01"', 'scale = "one"', "not a number"),
    "scale of zero": ('scale = "0.01"', 'scale = "0"', "above 0"),
    "address beyond the last": ("at = 102", "at = 70000", "must lie between 0 and 65535"),
    "record that is not there": ('record = "total"', 'record = "totals"', r"no \[record.totals\]"),
    "unit choice that is not there": (
        'at = 100, type = "f32", unit_by = "heat"',
        'at = 100, type = "f32", unit_by = "cold"',
        r"no \[unit_by.cold\]",
    ),
    "number outside its record": ("size = 20", "size = 11", "energy_heating lies outside"),
    "second circuit outside its record": ("size = 40", "size = 28", "lies outside"),
    "stamp outside its record": (
        "size = 20\nstamp = { at = 0",
        "size = 20\nstamp = { at = 18",
        "the stamp lies outside",
    ),
    "stamp of unknown parts": (
        'size = 20\nstamp = { at = 0, parts = ["unix"]',
        'size = 20\nstamp = { at = 0, parts = ["week"]',
        "parts must be",
    ),
    "half a register selected": ('"number", 0]', '"number"]', "whole registers"),
    "ring without a position": ("number = 1\n", 'number = 1\naddressing = "by_index"\n', "needs a position"),
    "selection that is not there": (
        GOOD[GOOD.index("[selection]") : GOOD.index("[current]")],
        "",
        "needs .selection.",
    ),
    "word that is a number": ('1 = "MKS"', "1 = 2", "must be a text"),
    "not TOML": ('title = "Example meter"', "title = ", "not TOML"),
}


@pytest.mark.parametrize(("good", "bad", "complaint"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_refused_and_the_place_named(good: str, bad: str, complaint: str) -> None:
    assert GOOD.count(good) == 1
    with pytest.raises(ProfileError, match=complaint) as refusal:
        profile.read(GOOD.replace(good, bad), "example-meter")
    assert "example-meter" in str(refusal.value)


def test_an_unknown_model_is_named_with_those_that_are_known() -> None:
    with pytest.raises(UnknownModel, match="vzlet-tsrv-024m"):
        profile.load("vzlet-tsrv-1")


def test_the_first_models_address_their_archives_as_their_references_say() -> None:
    """vzlet-tsrv.md section 3, tv7.md section 3, elf-04.md section 2."""
    numbers = {
        name: {kind: archive.numbers for kind, archive in profile.load(name).archives.items()}
        for name in profile.names()
    }
    hour, day, month, total = ArchiveKind
    assert numbers["vzlet-tsrv-024m"] == {
        hour: (0, 3, 6),
        day: (1, 4, 7),
        month: (2, 5, 8),
        total: (19,),
    }
    assert numbers["termotronic-tv7"] == {hour: (0,), day: (1,), month: (2,), total: (3,)}
    assert numbers["elf-04"] == {
        hour: (0x1A,),
        day: (0x1B,),
        month: (0x1C,),
        total: (0x19,),
    }
    assert profile.load("vzlet-tsrv-024m").archives[hour].addressing is Addressing.BY_TIME
