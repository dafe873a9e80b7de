"""What holds for every plan of blocks, every number in registers and every reply on a noisy line."""

from __future__ import annotations

import contextlib
import struct
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from metering.calendar import ArchiveKind
from metering.errors import FrameError
from protocols.modbus import profile
from protocols.modbus.archive_map import ParameterList
from protocols.modbus.explain import FUNCTIONS, explain
from protocols.modbus.framing import reseal
from protocols.modbus.messages import READ_HOLDING, Framing, Question, frame, read_registers
from protocols.modbus.numbers import record_values
from protocols.modbus.parameters import SETTING, values_of
from protocols.modbus.planning import Block, plan
from protocols.modbus.values import TYPES, ByteLayout, Order, decode, encode

LARGEST = 20

blocks = st.builds(
    Block,
    function=st.sampled_from([3, 4]),
    address=st.integers(0, 300),
    count=st.integers(1, LARGEST),
)
wanted = st.lists(blocks, max_size=40)
gaps = st.integers(0, 12)
layouts = st.builds(ByteLayout, st.sampled_from(Order), st.sampled_from(Order))
KARAT_PROFILE = profile.load("karat-307")
KARAT_RECORD = KARAT_PROFILE.archives[ArchiveKind.HOUR].record
assert KARAT_PROFILE.parameters is not None
KARAT: ParameterList = KARAT_PROFILE.parameters
KARAT_TYPES = {value.quantity.name: value.type for value in KARAT.values.values()}
registers = st.sampled_from(["u16", "s16", "u32", "s32", "f32", "f64"])


def holds(block: Block, value: Block) -> bool:
    return block.function == value.function and block.address <= value.address and value.end <= block.end


@given(wanted, gaps)
def test_every_value_is_read_whole_by_one_block(values: list[Block], gap: int) -> None:
    planned = plan(values, largest=LARGEST, gap=gap)
    assert all(any(holds(block, value) for block in planned) for value in values)


@given(wanted, gaps)
def test_no_block_is_larger_than_allowed_or_than_needed(values: list[Block], gap: int) -> None:
    for block in plan(values, largest=LARGEST, gap=gap):
        mine = [value for value in values if holds(block, value)]
        assert block.count <= LARGEST
        assert block.address == min(value.address for value in mine)
        assert block.end == max(value.end for value in mine)


@given(wanted, gaps)
def test_no_more_is_read_along_than_the_gap(values: list[Block], gap: int) -> None:
    for block in plan(values, largest=LARGEST, gap=gap):
        used = {
            register
            for value in values
            if value.function == block.function
            for register in range(value.address, value.end)
        }
        read = sorted(used & set(range(block.address, block.end)))
        assert all(later - earlier - 1 <= gap for earlier, later in pairwise(read))


@given(wanted, gaps)
def test_no_two_neighbours_could_have_been_one(values: list[Block], gap: int) -> None:
    for block, following in pairwise(plan(values, largest=LARGEST, gap=gap)):
        near = block.function == following.function and following.address <= block.end + gap
        left = [value for value in values if holds(following, value) and not holds(block, value)]
        first = min(value.end for value in left if value.address == following.address)
        assert not near or max(block.end, first) - block.address > LARGEST


@given(st.binary(min_size=2, max_size=8).filter(lambda data: len(data) % 2 == 0), layouts)
def test_arranging_twice_changes_nothing(data: bytes, layout: ByteLayout) -> None:
    assert layout.arrange(layout.arrange(data)) == data


@given(registers, layouts, st.binary(min_size=8, max_size=8))
def test_every_bit_pattern_survives_reading_and_writing(kind: str, layout: ByteLayout, data: bytes) -> None:
    data = data[: TYPES[kind].size]
    number = decode(kind, data, layout)
    assume(number is not None)
    assert number is not None
    again = encode(kind, number, layout)
    assert again == data or (number == 0 and kind.startswith("f"))


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_float_becomes_a_decimal_that_is_no_longer_than_nine_digits(number: float) -> None:
    read = decode("f32", struct.pack(">f", number), ByteLayout())
    assert read is not None
    assert struct.pack(">f", float(read)) == struct.pack(">f", number) or number == 0
    assert len(read.normalize().as_tuple().digits) <= 9


@given(st.integers(0, 2**32 - 1), st.floats(0, 0.9375, width=32), layouts)
def test_a_total_is_its_whole_part_and_its_fraction(whole: int, fraction: float, layout: ByteLayout) -> None:
    data = layout.arrange(struct.pack(">I", whole)) + layout.arrange(struct.pack(">f", fraction))
    total = decode("u32+f32", data, layout)
    assert total is not None
    assert abs(total - whole - Decimal(fraction)) <= Decimal(2) ** -24


QUESTION = Question(read_registers(READ_HOLDING, 0x100, 3), 9)
ANSWER = frame(READ_HOLDING, b"\x06\x01\x02\x03\x04\x05\x06", 9, Framing.RTU)


@given(st.binary(max_size=60))
def test_a_reply_is_found_behind_any_noise(noise: bytes) -> None:
    assume(QUESTION.complete(noise + ANSWER[:-1]) is None)
    assert QUESTION.complete(noise + ANSWER) == len(noise) + len(ANSWER)
    assert QUESTION.data(noise + ANSWER) == ANSWER[3:-2]


@given(st.integers(0, len(ANSWER) - 1), st.integers(1, 255))
def test_a_reply_with_one_wrong_byte_is_never_taken(at: int, damage: int) -> None:
    damaged = bytes(byte ^ damage if index == at else byte for index, byte in enumerate(ANSWER))
    assert QUESTION.complete(damaged) is None


@given(st.sampled_from(Framing), st.binary(max_size=300))
def test_no_bytes_break_the_search_for_a_reply(framing: Framing, heard: bytes) -> None:
    question = Question(read_registers(READ_HOLDING, 0x100, 3), 9, framing)
    end = question.complete(heard)
    assert end is None or 0 < end <= len(heard)


@given(st.binary(max_size=40), st.integers(0, 255), st.sampled_from(sorted(FUNCTIONS)), st.booleans())
def test_any_frame_is_explained_whole_or_refused(
    data: bytes, unit: int, function: int, refused: bool
) -> None:
    for framing in Framing:
        sent = frame(function | (0x80 if refused else 0), data, unit, framing)
        try:
            explained = explain(sent)
        except FrameError:
            continue
        assert b"".join(part.data for part in explained) == sent
        assert all(part.meaning for part in explained)


@given(st.binary(max_size=40))
def test_no_bytes_break_the_explanation(heard: bytes) -> None:
    for tried in (heard, reseal(heard), b":" + heard.hex().encode() + b"\r\n"):
        with contextlib.suppress(FrameError):
            assert explain(tried)


@given(
    st.lists(st.sampled_from([*KARAT.values, 0x12, 0x60]), max_size=20, unique=True),
    st.floats(0, 1e6, width=32),
)
def test_a_record_is_read_in_the_order_of_the_meters_own_list(codes: list[int], number: float) -> None:
    settings = {SETTING: bytes(codes).hex(" ")}
    assert KARAT_RECORD.listed_at is not None
    for value in values_of(KARAT_PROFILE, KARAT_RECORD, settings):
        position = (value.at - KARAT_RECORD.listed_at) // 4
        assert KARAT.values[codes[position]].quantity is value.quantity
    data = bytes(KARAT_RECORD.listed_at) + struct.pack("<f", number) * len(codes)
    floats = [
        value
        for value in record_values(KARAT_PROFILE, KARAT_RECORD, data, settings)
        if KARAT_TYPES[value.quantity.name] == "f32"
    ]
    assert all(value.value is not None and float(value.value) == pytest.approx(number) for value in floats)
