"""Reading out by m-bus.md sections 3 and 11: frame count bit, chains, selection, refusals, baud switch."""

from __future__ import annotations

from itertools import count

import pytest

from metering.errors import (
    ConfigurationError,
    DecodeError,
    FrameError,
    LineLost,
    MeterBusy,
    NoResponse,
    NotSupported,
    TeploError,
    WrongMeter,
)
from protocols.conversation import Conversation
from protocols.mbus.addressing import Address, Primary, Secondary, parse
from protocols.mbus.asking import Question
from protocols.mbus.reading import MOST_TELEGRAMS, Reader, ReadOut
from tests.mbus_bus import ACK, Meter, bus_of, frame

RESET_5 = bytes.fromhex("10 40 05 45 16")
FIRST_5 = bytes.fromhex("10 7B 05 80 16")
NEXT_5 = bytes.fromhex("10 5B 05 60 16")
DESELECT = bytes.fromhex("10 40 FD 3D 16")
SELECT = bytes.fromhex("68 0B 0B 68 53 FD 52 78 56 34 12 FF FF FF FF B2 16")
FIRST_SELECTED = bytes.fromhex("10 7B FD 78 16")

ENERGY_1, ENERGY_2, ENERGY_3 = (bytes((0x04, 0x06, number, 0, 0, 0)) for number in (1, 2, 3))
MORE = b"\x1f"
CHAIN = (ENERGY_1 + MORE, ENERGY_2 + MORE, ENERGY_3)
FIVE = Primary(5)


def read_out(
    address: Address, *, sub_code: int | None = None, most: int = MOST_TELEGRAMS
) -> Conversation[ReadOut]:
    """All telegrams of a meter with the usual habits; with a sub-code, those that it selects."""
    return Reader(address).read_out(Question(sub_code), most)


def test_a_chain_is_read_to_its_end_with_the_count_bit_alternating() -> None:
    bus = bus_of([Meter(5, "12345678", CHAIN)])
    out = bus.run(read_out(FIVE))
    assert [telegram.records[0].value for telegram in out.telegrams] == [1000, 2000, 3000]
    assert out.broke_off is None
    assert bus.asked == [RESET_5, FIRST_5, NEXT_5, FIRST_5]


def test_a_meter_in_the_middle_of_its_chain_begins_anew() -> None:
    bus = bus_of([Meter(5, "12345678", CHAIN)])
    bus.device.hear(FIRST_5)
    bus.device.hear(NEXT_5)
    out = bus.run(read_out(FIVE))
    assert [telegram.records[0].value for telegram in out.telegrams] == [1000, 2000, 3000]


def test_a_damaged_answer_is_asked_for_again_with_the_same_count_bit() -> None:
    calls = count(1)

    def third_is_damaged(asked: bytes, reply: bytes) -> bytes:
        return reply[:-2] + b"\x00\x16" if next(calls) == 3 else reply

    bus = bus_of([Meter(5, "12345678", CHAIN)], third_is_damaged)
    out = bus.run(read_out(FIVE))
    assert [telegram.records[0].value for telegram in out.telegrams] == [1000, 2000, 3000]
    assert bus.asked == [RESET_5, FIRST_5, NEXT_5, NEXT_5, FIRST_5]


def test_a_meter_that_never_acknowledges_the_link_reset_is_read_all_the_same() -> None:
    bus = bus_of([Meter(5, "12345678", acknowledges_reset=False)])
    assert len(bus.run(read_out(FIVE)).telegrams) == 1
    assert bus.asked == [RESET_5, RESET_5, FIRST_5]


def test_a_telegram_that_announces_itself_for_ever_ends_the_chain() -> None:
    bus = bus_of([Meter(5, "12345678", (ENERGY_1 + MORE,))])
    out = bus.run(read_out(FIVE))
    assert len(out.telegrams) == 1
    assert bus.asked == [RESET_5, FIRST_5, NEXT_5]


def test_an_endless_chain_is_bounded() -> None:
    endless = tuple(bytes((0x04, 0x06, number, 0, 0, 0)) + MORE for number in range(99))
    assert len(bus_of([Meter(5, "12345678", endless)]).run(read_out(FIVE)).telegrams) == MOST_TELEGRAMS
    assert len(bus_of([Meter(5, "12345678", endless)]).run(read_out(FIVE, most=1)).telegrams) == 1


def test_a_late_repetition_is_not_taken_for_the_next_telegram() -> None:
    answers: list[bytes] = []

    def repeat_once(asked: bytes, reply: bytes) -> bytes:
        answers.append(reply)
        return answers[-2] if len(answers) == 3 else reply

    out = bus_of([Meter(5, "12345678", CHAIN)], repeat_once).run(read_out(FIVE))
    assert [telegram.records[0].value for telegram in out.telegrams] == [1000, 2000, 3000]


@pytest.mark.parametrize(
    ("address", "foreign"),
    [
        pytest.param(FIVE, Meter(6, "87654321"), id="another A field"),
        pytest.param(Secondary("12345678"), Meter(5, "87654321"), id="another identification"),
    ],
)
def test_a_foreign_answer_before_the_right_one_is_passed_over(
    address: Primary | Secondary, foreign: Meter
) -> None:
    late = foreign.hear(bytes((0x10, 0x7B, foreign.number, 0x7B + foreign.number, 0x16)))

    def late_first(asked: bytes, reply: bytes) -> bytes:
        return late + reply if asked[1] == 0x7B else reply

    out = bus_of([Meter(5, "12345678")], late_first).run(read_out(address))
    assert out.telegrams[0].header.identification == "12345678"


def test_a_foreign_answer_alone_is_no_answer() -> None:
    late = Meter(6, "87654321").hear(bytes.fromhex("10 7B 06 81 16"))
    bus = bus_of([], lambda asked, reply: late if asked[1] == 0x7B else ACK)
    with pytest.raises(FrameError):
        bus.run(read_out(FIVE))


def test_two_meters_in_one_chain_are_refused() -> None:
    other = Meter(5, "87654321").hear(FIRST_5)
    bus = bus_of([Meter(5, "12345678", CHAIN)], lambda asked, reply: other if asked == NEXT_5 else reply)
    with pytest.raises(WrongMeter, match="12345678 began the read-out, 87654321 went on"):
        bus.run(read_out(FIVE))


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        pytest.param("12345678", [DESELECT, SELECT, FIRST_SELECTED, DESELECT], id="section 3.3"),
        pytest.param(
            "12345678:HYD:2A:04",
            [
                DESELECT,
                bytes.fromhex("68 0B 0B 68 53 FD 52 78 56 34 12 24 23 2A 04 2B 16"),
                FIRST_SELECTED,
                DESELECT,
            ],
            id="section 3.3, nothing left open",
        ),
    ],
)
def test_a_secondary_address_is_selected_read_and_released(address: str, asked: list[bytes]) -> None:
    bus = bus_of([Meter(9, "12345678", maker=b"\x24\x23", version=0x2A), Meter(7, "12345679")])
    out = bus.run(read_out(parse(address)))
    assert out.telegrams[0].header.identification == "12345678"
    assert bus.asked == asked
    assert not any(meter.selected for meter in bus.device.meters)


def test_a_selection_that_nobody_acknowledges_names_the_address() -> None:
    with pytest.raises(NoResponse, match="acknowledged the selection 12345678:KAM"):
        bus_of([Meter(9, "11111111")]).run(read_out(parse("12345678:KAM")))


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        pytest.param("70 08", MeterBusy, id="CI 70 code 08"),
        pytest.param("70 09", MeterBusy, id="CI 70 code 09"),
        pytest.param("70", NotSupported, id="CI 70 without code"),
        pytest.param("B7 01", DecodeError, id="CI B7"),
    ],
)
def test_a_refusal_is_raised_and_the_meter_released(refusal: str, error: type[TeploError]) -> None:
    bus = bus_of([Meter(9, "12345678", refusal=bytes.fromhex(refusal))])
    with pytest.raises(error):
        bus.run(read_out(Secondary("12345678")))
    assert bus.asked == [DESELECT, SELECT, FIRST_SELECTED, DESELECT]


@pytest.mark.parametrize("failure", [NoResponse(), LineLost()], ids=["silence", "line lost"])
def test_what_was_read_before_a_chain_broke_off_is_kept(failure: TeploError) -> None:
    bus = bus_of(
        [Meter(9, "12345678", CHAIN)], lambda asked, reply: failure if asked[:2] == b"\x10\x5b" else reply
    )
    out = bus.run(read_out(Secondary("12345678")))
    assert [telegram.records[0].value for telegram in out.telegrams] == [1000]
    assert out.broke_off is failure
    assert (bus.asked[-1] == DESELECT) is isinstance(failure, NoResponse)


def test_nothing_is_asked_on_a_lost_line() -> None:
    bus = bus_of([], lambda asked, reply: LineLost())
    with pytest.raises(LineLost):
        bus.run(read_out(Secondary("12345678")))
    assert bus.asked == [DESELECT]


def test_an_application_reset_chooses_the_data_and_is_taken_back() -> None:
    bus = bus_of([Meter(5, "12345678")])
    bus.run(read_out(FIVE, sub_code=0x50))
    chosen, all_data = (bytes.fromhex(f"68 04 04 68 53 05 50 {rest}") for rest in ("50 F8 16", "00 A8 16"))
    assert bus.asked == [RESET_5, chosen, FIRST_5, all_data]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("5", Primary(5)),
        (" 254 ", Primary(254)),
        ("12345678", Secondary("12345678")),
        ("1234ffff:kam", Secondary("1234FFFF", "KAM")),
        ("12345678::08", Secondary("12345678", None, 8)),
        ("12345678:KAM:08:0d", Secondary("12345678", "KAM", 8, 13)),
    ],
)
def test_an_address_is_what_an_operator_writes(text: str, address: Primary | Secondary) -> None:
    assert parse(text) == address
    assert parse(str(address)) == address


@pytest.mark.parametrize(
    "text", ["", "251", "253", "255", "-1", "1234567", "12345678:KAM:08:04:01", "12345678:K"]
)
def test_an_impossible_address_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        parse(text)


def test_an_alarm_waiting_does_not_hide_an_answer() -> None:
    """Bits ACD and DFC may be set in the C field of an RSP_UD (section 2.1)."""

    def with_access_demand(asked: bytes, reply: bytes) -> bytes:
        return frame(bytes((0x38,)) + reply[5:-2]) if asked == FIRST_5 else reply

    out = bus_of([Meter(5, "12345678")], with_access_demand).run(read_out(FIVE))
    assert out.telegrams[0].records[0].value == 1000
