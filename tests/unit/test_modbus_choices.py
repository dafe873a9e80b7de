"""What references leave open: every word of every choice reads, changes what it says, and is simulated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

import pytest

from metering.calendar import ArchiveKind, slots
from metering.errors import ConfigurationError, ProfileError
from metering.readings import ArchiveRecord, MeterValue
from metering.units import convert
from protocols import catalogue
from protocols.driver import ClockSetter
from protocols.modbus import profile
from protocols.modbus.archive_map import Content, RecordStamp
from protocols.modbus.driver import driver_of
from protocols.modbus.linter import RULES
from protocols.modbus.numbers import scale_of
from protocols.modbus.places import Value
from simulators.truth import Truths
from tests.unit.modbus_house import Bench, simulated

FIRST, LAST = datetime.fromisoformat("2026-02-09T00:00:00"), datetime.fromisoformat("2026-02-09T12:00:00")

TOO_NARROW = ("vzlet-tsrv-043", "temperature", "thousandths")
"""Two bytes of thousandths end at 65.5 °C, below the supply of every plant."""


def words() -> Iterator[tuple[str, str, str]]:
    for model in profile.names():
        for choice in profile.load(model).choices:
            yield from ((model, choice.name, word) for word in choice.words)


every_word = pytest.mark.parametrize(("model", "name", "word"), list(words()))


@every_word
def test_every_word_makes_a_profile_without_fault(model: str, name: str, word: str) -> None:
    chosen = profile.load(model, {name: word})
    assert [rule.__name__ for rule in RULES if list(rule(chosen))] == []
    assert chosen.choices == profile.load(model).choices


@pytest.mark.parametrize(("model", "name", "word"), [one for one in words() if one != TOO_NARROW])
def test_the_simulator_sends_what_is_chosen(model: str, name: str, word: str) -> None:
    meter = simulated(model, choices={name: word})
    bench, driver = Bench(meter), driver_of(profile.load(model, {name: word}))
    configuration = bench.run(driver.read_configuration("1"))
    snapshot = bench.run(driver.read_current("1", configuration))
    assert snapshot.meter_time is not None
    check(snapshot.values, meter.truth_snapshot(snapshot.meter_time))
    if ArchiveKind.HOUR in driver.info.depths:
        asked = list(slots(ArchiveKind.HOUR, FIRST, LAST))
        bench.run(driver.read_archive("1", configuration, ArchiveKind.HOUR, asked))
        records = [record for record in bench.delivered if isinstance(record, ArchiveRecord)]
        assert len(records) >= len(asked) - 3, "three hours are without power, wholly or in part"
        for record in records:
            truths = meter.truth_archive(ArchiveKind.HOUR, record.slot.start)
            assert truths is not None
            check(record.values, truths)


def check(values: tuple[MeterValue, ...], truths: Truths) -> None:
    read = {(value.quantity.name, value.circuit): value for value in values}
    for key, truth in truths.items():
        value = read[key].value
        assert value is not None, key
        canonical = convert(value, read[key].unit, read[key].quantity).value
        assert truth.admits(canonical), f"{key}: {canonical} is not {truth}"


def test_the_first_word_is_what_an_unchosen_line_has() -> None:
    for model, name, word in words():
        first = next(choice.words[0] for choice in profile.load(model).choices if choice.name == name)
        if word == first:
            assert profile.load(model, {name: word}) == profile.load(model)


def test_fewer_heating_systems_are_fewer_questions() -> None:
    """vzlet-tsrv.md section 3: arrays 0, 3 and 6 are the hour archives of systems 1 to 3."""
    for word, arrays in (("1", (0,)), ("2", (0, 3)), ("3", (0, 3, 6))):
        chosen = profile.load("vzlet-tsrv-024m", {"systems": word})
        assert chosen.archives[ArchiveKind.HOUR].numbers == arrays
        assert chosen.circuits == int(word)


def test_what_a_choice_says_is_laid_over_the_profile() -> None:
    assert profile.load("vzlet-tsrv-024", {"archive": "levels"}).archives[ArchiveKind.DAY].content is (
        Content.LEVELS
    )
    assert profile.load("elf-04", {"stamp": "slot_end"}).archives[ArchiveKind.HOUR].stamp is (
        RecordStamp.SLOT_END
    )
    flows = {value.quantity.name for value in _slot_values("elf-04", {"flow": "mass"})}
    assert {"mass_supply", "mass_return"} <= flows
    assert not {"volume_supply", "volume_return"} & flows
    heat = next(
        value for value in _slot_values("karat-307", {"heat": "MWh"}) if value.quantity.name[:6] == "energy"
    )
    assert heat.unit == "MWh"


def _slot_values(model: str, choices: dict[str, str]) -> list[MeterValue]:
    chosen = profile.load(model, choices)
    bench = Bench(simulated(model, choices=choices))
    driver = driver_of(chosen)
    configuration = bench.run(driver.read_configuration("1"))
    slot = next(slots(ArchiveKind.HOUR, FIRST, LAST))
    bench.run(driver.read_archive("1", configuration, ArchiveKind.HOUR, [slot]))
    (record,) = bench.delivered
    assert isinstance(record, ArchiveRecord)
    return list(record.values)


def test_thousands_of_tonnes_are_tonnes() -> None:
    """istok-tm3.md section 1: the setting of water; vzlet-tsrv.md section 4: the parameter scale."""
    both = {"water": "volume_and_mass"}
    istok = simulated("istok-tm3", choices=both)
    istok.settings["water"] = "thousands"
    driver, bench = driver_of(profile.load("istok-tm3", both)), Bench(istok)
    configuration = bench.run(driver.read_configuration("1"))
    assert configuration.settings["water"] == "thousands"
    snapshot = bench.run(driver.read_current("1", configuration))
    assert snapshot.meter_time is not None
    check(snapshot.values, istok.truth_snapshot(snapshot.meter_time))
    mass = next(
        v
        for v in profile.load("vzlet-tsrv-023", {"scale": "TJ"}).archives[ArchiveKind.HOUR].record.values
        if v.quantity.name == "mass_supply"
    )
    assert mass.scale == Decimal(1000)


def test_a_mass_in_kilograms_has_no_thousands() -> None:
    """istok-tm3.md section 2: mass = value * 0.001 t; volume flow in m3/h times the water unit."""
    scaled = {value.quantity.name: scale_of(value, {"water": "thousands"}) for value in _flows_of_istok()}
    assert scaled == {"mass_supply": Decimal("0.001"), "volume_flow_supply": Decimal(1000)}


def _flows_of_istok() -> Iterator[Value]:
    for value in profile.load("istok-tm3").current.values:
        if value.quantity.name in ("mass_supply", "volume_flow_supply"):
            yield value


def test_a_line_chooses_by_the_protocols_name() -> None:
    chosen = catalogue.driver("elf-04", choices={"modbus.heat": "GJ"})
    assert any(choice.name == "heat" for choice in chosen.info.choices)
    with pytest.raises(ConfigurationError, match=r"modbus\.heat has no word .joule."):
        catalogue.driver("elf-04", choices={"modbus.heat": "joule"})


def test_the_clock_is_set_only_where_the_maker_says_how() -> None:
    """vzlet-tsrv.md sections 5 and 6: writing 8000h of a TSRV-024M, 8002h of a TSRV-023."""
    setters = {name for name in profile.names() if isinstance(driver_of(profile.load(name)), ClockSetter)}
    assert setters == {"vzlet-tsrv-023", "vzlet-tsrv-024m"}
    assert setters == {name for name in profile.names() if catalogue.driver(name).info.sets_clock}


def test_a_clock_that_was_set_shows_the_new_time() -> None:
    bench, driver = Bench(simulated("vzlet-tsrv-024m")), driver_of(profile.load("vzlet-tsrv-024m"))
    assert isinstance(driver, ClockSetter)
    configuration = bench.run(driver.read_configuration("1"))
    right = datetime.fromisoformat("2026-02-10T14:17:30")
    bench.run(driver.set_clock("1", configuration, right))
    assert bench.asked[-1][:7].hex(" ") == "01 10 80 00 00 02 04"
    assert bench.run(driver.read_clock("1", configuration)) == right


BASE = 'like = "karat-307"\n'


def test_a_profile_may_be_like_another() -> None:
    like = profile.read(BASE + 'title = "Sister"', "karat-309")
    assert (like.title, like.maker, like.name) == ("Sister", "Karat", "karat-309")
    assert like.archives == profile.load("karat-307").archives


def test_a_profile_is_not_like_one_that_is_like_a_third() -> None:
    with pytest.raises(ProfileError, match="cannot serve as a model"):
        profile.read('like = "karat-306"', "karat-309")


def test_an_unknown_word_is_refused() -> None:
    with pytest.raises(ProfileError, match="has no word 'calories'"):
        profile.load("karat-307", {"heat": "calories"})


@pytest.mark.parametrize(
    ("variants", "complaint"),
    [
        ("[choice.variants.one]", "two tables or more"),
        ("variants = { one = 1, two = 2 }", "two tables or more"),
    ],
)
def test_a_choice_without_choice_is_refused(variants: str, complaint: str) -> None:
    text = f'{BASE}[[choice]]\nname = "x"\nwhy = "y"\n{variants}\n'
    with pytest.raises(ProfileError, match=complaint):
        profile.read(text, "karat-309")
