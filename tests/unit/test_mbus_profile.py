"""M-Bus profiles: strict reading, and a linter whose every rule has a profile that breaks it alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from metering.calendar import ArchiveKind
from metering.errors import ProfileError, UnknownModel
from metering.meters import MeterIdentity
from protocols.driver import LineDefaults
from protocols.mbus import profile
from protocols.mbus.asking import Question
from protocols.mbus.detection import best_match
from protocols.mbus.linter import (
    RULES,
    Rule,
    complaints,
    no_two_models_claim_a_meter,
)
from protocols.mbus.model import GENERIC, Convention, Profile, Questions, Stored, StoredDate
from protocols.profile_rules import every_model_has_a_vector
from protocols.vectors import load as load_vector

TESTS = Path(__file__).parent.parent
BAD = TESTS / "fixtures" / "bad-m-bus-profiles"
VECTORS = TESTS / "vectors" / "m-bus"

WHOLE = """
maker = "Example"
title = "A meter for a test"
manual = "none"
verification = "not_verified_on_hardware"
polls_per_day = 24
telegrams = 3
notes = ["UNCONFIRMED: perhaps all of it."]
[line]
baud = 9600
parity = "N"
timeout = 1.5
quiet = 0.2
[application_reset]
current = 0x50
total = 0x20
[[detect]]
manufacturer = "EXA"
versions = [0x01]
media = [0x04]
[[record]]
quantity = "energy_cooling"
of = "energy"
tariff = 1
[[stored]]
first = 1
last = 3
date = "annual"
convention = "start_of_day"
"""


@pytest.fixture(name="folder", scope="module")
def all_profiles() -> tuple[Profile, ...]:
    return profile.load_all()


def test_a_whole_profile_is_read_as_it_is_written() -> None:
    read = profile.read(WHOLE, "example-meter")
    assert read.line == LineDefaults(9600, "N", 1.5, 0.2)
    assert read.questions == Questions(Question(0x50), Question(0x20))
    assert read.stored == (Stored(1, 3, StoredDate.ANNUAL, Convention.START_OF_DAY),)
    assert read.info.depths == {ArchiveKind.TOTAL: 3}
    assert complaints(read) == ()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_bad_profile_breaks_its_rule_and_no_other(rule: Rule) -> None:
    bad = profile.read((BAD / f"{rule.__name__}.toml").read_text(encoding="utf-8"), "example-meter")
    assert [broken.__name__ for broken in RULES if list(broken(bad))] == [rule.__name__]


def test_every_bad_profile_belongs_to_a_rule() -> None:
    assert {file.stem for file in BAD.glob("*.toml")} == {rule.__name__ for rule in RULES}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("telegrams", "telegrammes", "unknown key telegrammes"),
        ("baud", "baut", "unknown key baut"),
        ("media =", "mediums =", "unknown key mediums"),
        ("tariff", "tarif", "unknown key tarif"),
        ("first = 1", "frist = 1", "'first' is missing"),
        ('maker = "Example"', "maker = 5", "must be of type str"),
        ("polls_per_day = 24", "polls_per_day = true", "must be of type int"),
        ('"annual"', '"yearly"', "none of: recorded, annual, every_year, month_start"),
        ("[line]", "[line", "not TOML"),
    ],
)
def test_a_profile_that_is_misspelt_is_refused(old: str, new: str, says: str) -> None:
    with pytest.raises(ProfileError, match=says):
        profile.read(WHOLE.replace(old, new), "example-meter")


def test_an_endless_profile_is_refused() -> None:
    with pytest.raises(ProfileError, match="longer than"):
        profile.read("#" * 1_000_001, "example-meter")


def test_a_profile_that_is_not_there_is_an_unknown_model() -> None:
    with pytest.raises(UnknownModel):
        profile.load("../../../pyproject")


def test_every_model_of_the_folder_has_a_vector_that_lists_it(folder: tuple[Profile, ...]) -> None:
    vectors = {
        load_vector(file.read_text(encoding="utf-8"), file.name).model for file in VECTORS.glob("*.toml")
    }
    assert [said for each in folder for said in every_model_has_a_vector(each, vectors)] == []
    assert list(every_model_has_a_vector(folder[0], ())) != []


@pytest.mark.parametrize(
    ("maker", "version", "medium", "model"),
    [
        ("LUG", "04", "04", "landis-gyr-uh50"),
        ("LUG", "07", "04", "landis-gyr-t230"),
        ("LUG", "0A", "04", "landis-gyr-t230"),
        ("HYD", "2F", "04", "diehl-sharky-775"),
        ("DME", "41", "0C", "diehl-sharky-774"),
        ("SLB", "02", "04", "itron-cf50"),
        ("SLB", "06", "04", "itron-cf-compact"),
        ("SON", "1B", "04", "sontex-supercal-739"),
        ("AMT", "B0", "04", "aquametro-calec-mb"),
        ("IST", "01", "04", "ista-sensonic-3"),
        ("TCH", "17", "04", "techem-vario-4"),
        ("AXI", "06", "0D", "axis-sku-02-k"),
        ("AXI", "0B", "0D", "danfoss-sonometer-30"),
        ("AXI", "0C", "04", "danfoss-sonometer-30"),
        ("AXI", "02", "04", "generic-heat-meter"),
        ("SVM", "09", "0C", "gwf-enercal"),
    ],
)
def test_a_header_of_the_overview_leads_to_its_family(
    maker: str, version: str, medium: str, model: str
) -> None:
    """heat-meters-m-bus.md section 0; sku-02.md section 3 for the QALCOSONIC HEAT1.

    An SKM-2 and an SKU-02-B are of the same maker, their headers unknown: no other model may claim them.
    """
    header = MeterIdentity(serial="12345678", maker=maker, version=version, medium=medium)
    assert best_match(header, profile.load_all()) == model


def test_no_two_models_of_the_folder_claim_a_meter(folder: tuple[Profile, ...]) -> None:
    assert list(no_two_models_claim_a_meter(folder)) == []
    assert list(no_two_models_claim_a_meter((folder[0], folder[0]))) != []


def test_the_generic_rows_stand_behind_the_rows_of_a_model() -> None:
    generic, sharky = profile.load(GENERIC), profile.load("diehl-sharky-775")
    assert sharky.rows[-len(generic.rows) :] == generic.rows
    assert len(sharky.rows) == len(generic.rows) + 1
