"""Properties of the M-Bus codec: what is written is read, layouts change nothing, numbers are exact."""

from __future__ import annotations

import math
import struct
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.errors import TeploError
from protocols.mbus import dif, frames, headers, numbers, records, values
from protocols.mbus.dif import FIELDS, Coding, DataField, DataInformation, Function
from protocols.mbus.explain import explain_bytes, explain_json
from protocols.mbus.frames import LongFrame, ShortFrame
from protocols.mbus.layout import compile_layout
from protocols.mbus.records import Header

byte = st.integers(0, 255)
short_frames = st.builds(ShortFrame, byte, byte)
long_frames = st.builds(LongFrame, byte, byte, st.binary(min_size=1, max_size=253))
noise = st.binary(max_size=20).map(lambda octets: octets.translate(None, b"\xe5\x10\x68"))
informations = st.builds(
    DataInformation,
    st.sampled_from(FIELDS),
    st.sampled_from(Function),
    st.integers(0, (1 << 41) - 1),
    st.integers(0, (1 << 20) - 1),
    st.integers(0, (1 << 10) - 1),
)
letters = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3)
identifications = st.integers(0, 0xFFFFFFFF).map(lambda number: f"{number:08X}")
header_objects = st.builds(
    Header, identifications, letters, byte, byte, byte, byte, signature=st.integers(0, 0xFFFF)
)

VIFS = [bytes.fromhex(code) for code in (
    "06", "0E", "13", "22", "2D", "3B", "59", "5F", "61", "6C", "6D", "78", "7F", "FB0D", "FB01", "FD17",
    "FD0E", "FD48", "FD3A", "863B", "863C", "8670", "DA79", "DA15", "FC024342" + "74", "9077", "FF07", "951F",
)]  # fmt: skip


@st.composite
def record_bytes(draw: st.DrawFn) -> bytes:
    """One whole record of any DIF field, VIF of the list and data."""
    which = draw(informations)
    head = which.encode() + draw(st.sampled_from(VIFS))
    if which.field.coding is not Coding.VARIABLE:
        return head + draw(st.binary(min_size=which.field.size, max_size=which.field.size))
    lvar = draw(st.sampled_from([0, 1, 5, 0xC0, 0xC3, 0xD2, 0xE0, 0xE4, 0xF0]))
    size = values.variable_size(lvar)
    assert size is not None
    return head + bytes((lvar,)) + draw(st.binary(min_size=size, max_size=size))


tails = st.sampled_from([b"", b"\x0f", b"\x0f\x01\x02", b"\x1f", b"\x2f\x2f"])
heads = st.sampled_from([b"\x78", b"\x7a" + bytes(4), b"\x72" + bytes(12), b"\x76" + bytes(range(12))])
payloads = st.builds(
    lambda head, found, tail: head + b"".join(found) + tail,
    heads,
    st.lists(record_bytes(), max_size=8),
    tails,
)


@given(st.one_of(short_frames, long_frames))
def test_written_frame_is_read_back(frame: ShortFrame | LongFrame) -> None:
    assert frames.decode(frame.encode()) == frame


@given(noise, st.one_of(short_frames, long_frames), st.binary(max_size=20))
def test_frame_is_found_between_noise(before: bytes, frame: ShortFrame | LongFrame, after: bytes) -> None:
    buffer = before + frame.encode()
    assert frames.find(buffer + after) == (frame, len(buffer))


@given(long_frames, st.data())
def test_frame_with_one_wrong_byte_is_refused(frame: LongFrame, data: st.DataObject) -> None:
    octets = bytearray(frame.encode())
    octets[data.draw(st.integers(0, len(octets) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(TeploError):
        frames.decode(bytes(octets))


@given(informations)
def test_written_data_information_is_read_back(which: DataInformation) -> None:
    assert dif.parse(which.encode(), 0) == (which, len(which.encode()))


@given(header_objects)
def test_written_header_is_read_back(header: Header) -> None:
    assert headers.parse(headers.encode(header)) == header


@given(payloads, st.data())
def test_layout_decodes_other_data_like_the_full_decoder(payload: bytes, data: st.DataObject) -> None:
    """Every byte that is not part of the layout is drawn anew."""
    layout = compile_layout(payload)
    assert layout is not None
    assert layout.decode(payload) == records.decode(payload)
    mask = layout.mask.to_bytes(layout.size, "big")
    fresh = data.draw(st.binary(min_size=layout.size, max_size=layout.size))
    changed = (
        bytes(
            old if kept else new for old, new, kept in zip(payload[: layout.size], fresh, mask, strict=True)
        )
        + payload[layout.size :]
    )
    assert layout.decode(changed) == records.decode(changed)


@given(payloads, st.binary(max_size=60))
def test_layout_that_fits_a_foreign_payload_decodes_it_like_the_full_decoder(
    payload: bytes, foreign: bytes
) -> None:
    layout = compile_layout(payload)
    assert layout is not None
    found = layout.decode(payload[:1] + foreign)
    assert found is None or found == records.decode(payload[:1] + foreign)


@given(payloads)
def test_bytes_of_all_records_are_kept(payload: bytes) -> None:
    """Head and data of every record stand in the payload in their order (least significant byte first)."""
    telegram = records.decode(payload)
    if payload[0] == 0x76:
        return
    at = 1
    for record in telegram.records:
        at = payload.index(record.dif_vif + record.data, at) + len(record.dif_vif + record.data)
        assert (record.value is None) == (record.absence is not None)
        assert bool(record.why) == (record.absence is not None)


@given(st.binary(max_size=253))
def test_any_payload_is_decoded_or_refused_with_our_own_error(payload: bytes) -> None:
    frame = LongFrame(frames.RSP_UD, 1, b"\x72" + payload[:252]).encode()
    explained = explain_json(frame)
    assert explained["ok"] or explained["message"]
    assert b"".join(note.data for note in explain_bytes(frame)) == frame


def number_of(field: DataField, data: bytes) -> Decimal:
    payload = bytes((0x78, field.code, 0x14)) + data
    value = records.decode(payload).records[0].value
    assert isinstance(value, Decimal)
    return value


@given(st.sampled_from([field for field in FIELDS if field.coding is Coding.INTEGER]), st.data())
def test_integers_of_every_size_are_exact(field: DataField, data: st.DataObject) -> None:
    bound = 1 << 8 * field.size - 1
    raw = data.draw(st.integers(1 - bound, bound - 1))
    assert number_of(field, raw.to_bytes(field.size, "little", signed=True)) * 100 == raw


@given(st.sampled_from([field for field in FIELDS if field.coding is Coding.BCD]), st.data())
def test_decimal_digits_of_every_size_are_exact(field: DataField, data: st.DataObject) -> None:
    raw = data.draw(st.integers(0, 10 ** (2 * field.size) - 1))
    digits = bytes.fromhex(f"{raw:0{2 * field.size}d}")[::-1]
    assert number_of(field, digits) * 100 == raw


@given(st.sampled_from([field for field in FIELDS if field.coding is Coding.BCD]), st.data())
def test_sign_digit_makes_the_number_negative(field: DataField, data: st.DataObject) -> None:
    raw = data.draw(st.integers(0, 10 ** (2 * field.size - 1) - 1))
    digits = bytes.fromhex(f"F{raw:0{2 * field.size - 1}d}")[::-1]
    assert number_of(field, digits) * 100 == -raw


@given(st.floats(width=32, allow_nan=False, allow_infinity=False, allow_subnormal=False))
def test_float_survives_the_way_back(number: float) -> None:
    octets = struct.pack("<f", number)
    decimal = numbers.real(octets)
    assert decimal is not None
    assert struct.pack("<f", float(decimal)) == octets
    assert len(decimal.as_tuple().digits) <= 9


@given(st.floats(width=32, allow_nan=False, allow_infinity=False, allow_subnormal=False, min_value=2**-100))
def test_no_shorter_decimal_means_the_same_float(number: float) -> None:
    """Of all decimals with one digit less, the two nearest to the float mean other floats."""
    decimal = numbers.real(struct.pack("<f", number))
    assert decimal is not None
    digits = len(decimal.normalize().as_tuple().digits)
    if digits == 1:
        return
    step = Decimal(1).scaleb(math.floor(Decimal(number).log10()) - digits + 2)
    below = (Decimal(number) // step) * step
    for shorter in (below, below + step):
        try:
            assert struct.unpack("<f", struct.pack("<f", float(shorter)))[0] != number
        except OverflowError:
            continue
