"""Finding meters by m-bus.md section 3.3: collisions, equal identifications, letters, noise, progress."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metering.errors import FrameError
from protocols.conversation import Conversation
from protocols.mbus.addressing import Primary, Secondary
from protocols.mbus.search import DECIMAL, HEXADECIMAL, Found, scan_primary, search_secondary
from tests.mbus_bus import NOISE, Bus, Meter, bus_of
from tests.support.back_to_back import Bench

KAM, LUG = b"\x2d\x2c", b"\xa7\x32"


Search = Callable[[], Conversation[tuple[Found, ...]]]


def found_in(bus: Bench[Bus], digits: str = DECIMAL) -> tuple[Found, ...]:
    return bus.run(search_secondary(digits))


def addresses(found: tuple[Found, ...]) -> set[str]:
    return {str(each.address) for each in found}


def test_every_primary_address_that_answers_is_found_with_its_header() -> None:
    bus = bus_of([Meter(0, "00000001"), Meter(5, "12345678"), Meter(250, "87654321")])
    found = bus.run(scan_primary())
    assert [(each.address, each.header and each.header.identification) for each in found] == [
        (Primary(0), "00000001"),
        (Primary(5), "12345678"),
        (Primary(250), "87654321"),
    ]


def test_two_meters_at_one_primary_address_are_a_collision() -> None:
    found = bus_of([Meter(5, "12345678"), Meter(5, "87654321")]).run(scan_primary())
    assert found == (Found(Primary(5), None, collision=True),)


def test_a_meter_that_refuses_to_be_read_is_found_all_the_same() -> None:
    found = bus_of([Meter(5, "12345678", refusal=b"\x70\x09")]).run(scan_primary())
    assert found == (Found(Primary(5), None),)


@pytest.mark.parametrize("search", [scan_primary, search_secondary])
def test_garbage_at_every_address_is_called_noise_and_not_collisions(search: Search) -> None:
    bus = bus_of([], lambda asked, reply: NOISE)
    with pytest.raises(FrameError, match="16 answers in a row were garbage: noise, a converter's echo"):
        bus.run(search())
    assert len(bus.asked) < 100


def test_one_meter_costs_ten_selections_and_one_read() -> None:
    """Section 3.3 counts so; a question that stays unanswered is asked twice here."""
    bus = bus_of([Meter(1, "12345678")])
    assert addresses(found_in(bus)) == {"12345678:KAM:08:04"}
    assert len({asked for asked in bus.asked if asked[0] == 0x68}) == 10
    assert len([asked for asked in bus.asked if asked[1] == 0x7B]) == 1


def test_meters_with_a_common_beginning_are_told_apart() -> None:
    bus = bus_of([Meter(1, "12345678"), Meter(2, "12345679"), Meter(3, "22222222")])
    assert addresses(found_in(bus)) == {"12345678:KAM:08:04", "12345679:KAM:08:04", "22222222:KAM:08:04"}
    assert not any(meter.selected for meter in bus.device.meters)


@pytest.mark.parametrize(
    "twin",
    [
        pytest.param(Meter(2, "12345678", maker=LUG), id="manufacturer"),
        pytest.param(Meter(2, "12345678", medium=0x0C), id="medium"),
        pytest.param(Meter(2, "12345678", version=0x34), id="version"),
    ],
)
def test_meters_of_one_identification_are_told_apart_by_what_follows_it(twin: Meter) -> None:
    bus = bus_of([Meter(1, "12345678", maker=KAM, version=0x08, medium=0x04), twin])
    maker = "LUG" if twin.maker == LUG else "KAM"
    assert addresses(found_in(bus)) == {
        "12345678:KAM:08:04",
        f"12345678:{maker}:{twin.version:02X}:{twin.medium:02X}",
    }


def test_even_the_longest_run_of_true_collisions_is_not_taken_for_noise() -> None:
    bus = bus_of([Meter(1, "00000000", version=0x00), Meter(2, "00000000", version=0x01)])
    assert addresses(found_in(bus)) == {"00000000:KAM:00:04", "00000000:KAM:01:04"}


def test_a_maker_that_no_table_names_is_taken_from_the_meters_already_seen() -> None:
    unknown = b"\x21\x04"
    bus = bus_of(
        [Meter(1, "00000001", maker=unknown), Meter(2, "12345678", maker=unknown), Meter(3, "12345678")]
    )
    assert addresses(found_in(bus)) == {"00000001:AAA:08:04", "12345678:AAA:08:04", "12345678:KAM:08:04"}


def test_meters_alike_in_everything_are_reported_as_one_collision() -> None:
    bus = bus_of([Meter(1, "12345678"), Meter(2, "12345678")])
    (found,) = found_in(bus)
    assert found == Found(Secondary("12345678", "KAM", 0x08, 0x04), None, collision=True)


def test_a_twin_whose_maker_nobody_knows_leaves_a_collision_reported() -> None:
    bus = bus_of([Meter(1, "12345678", maker=b"\x21\x04"), Meter(2, "12345678")])
    assert found_in(bus)[1:] == (Found(Secondary("12345678"), None, collision=True),)
    assert addresses(found_in(bus)) == {"12345678:KAM:08:04", "12345678"}


def test_an_identification_with_letters_is_found_only_when_asked_for() -> None:
    bus = bus_of([Meter(1, "1234A678")])
    assert addresses(found_in(bus)) == {"1234A678:KAM:08:04"}
    letters_first = bus_of([Meter(1, "A2345678")])
    assert found_in(letters_first) == ()
    assert addresses(found_in(letters_first, HEXADECIMAL)) == {"A2345678:KAM:08:04"}


def test_progress_grows_from_nothing_to_the_whole_number_of_identifications() -> None:
    steps: list[tuple[int, int, int]] = []

    def note(done: int, total: int, found: int) -> None:
        steps.append((done, total, found))

    bus = bus_of([Meter(1, "12345678"), Meter(2, "12345679")])
    bus.run(search_secondary(progress=note))
    assert [done for done, _, _ in steps] == sorted(done for done, _, _ in steps)
    assert steps[-1] == (10**8, 10**8, 2)
    bus_of([Meter(1, "12345678")]).run(scan_primary(range(3), note))
    assert steps[-3:] == [(1, 3, 0), (2, 3, 1), (3, 3, 1)]


@settings(max_examples=40, deadline=None)
@given(st.sets(st.integers(0, 99_999_999).map("{:08}".format), max_size=8))
def test_any_meters_are_found_whatever_their_identifications(identifications: set[str]) -> None:
    bus = bus_of(
        [Meter(number, identification) for number, identification in enumerate(sorted(identifications))]
    )
    found = found_in(bus)
    assert {each.header.identification for each in found if each.header} == identifications
    assert len(found) == len(identifications)
