"""What an error message says about bytes that are no reply (lessons 21 and 24)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU

from collector.links.heard import framed, hexadecimal, likeness

M_BUS = bytes.fromhex("68 03 03 68 08 05 72 7F 16")
"""A long frame of address 5: 08 + 05 + 72 = 7F (EN 13757-2, 5.5.1)."""
MODBUS = bytes.fromhex("11 03 06 AE 41 56 52 43 40 49 AD")
"""Three registers of address 17; pymodbus gives this frame the same CRC (test below)."""


@pytest.mark.parametrize(
    ("heard", "words"),
    [
        (M_BUS, "M-Bus frame (68 .. 68) of address 5"),
        (b"\x00\x00" + M_BUS, "M-Bus frame (68 .. 68) of address 5"),
        (M_BUS[:-2] + b"\x00\x16", "damaged M-Bus frame (68 .. 68): two meters"),
        (M_BUS[:-3], "cut short at 6 of 9 bytes"),
        (b"\xe5", "M-Bus acknowledgement"),
        (MODBUS, "Modbus RTU of address 17, function 3"),
        (b"\x00\x01\x00\x00\x00\x05\x01\x03\x02\x00\x00", "modbus-tcp://"),
        (b":010302000AF0\r\n", "framing=ascii"),
        (b"\r\nNO CARRIER\r\n", "'NO CARRIER'"),
        (b"\x00" * 7, "polarity"),
        (b"\xff", "polarity"),
        (b"\x9a\x31\x07", "noise"),
        (b"\x68\x68\x68", "noise"),
    ],
)
def test_likeness(heard: bytes, words: str) -> None:
    assert words in likeness(heard)


def test_the_crc_is_the_one_of_a_second_implementation() -> None:
    assert FramerRTU.compute_CRC(MODBUS[:-2]) == int.from_bytes(MODBUS[-2:], "big")


@pytest.mark.parametrize("heard", [M_BUS, M_BUS[:-3], b"\xe5", MODBUS])
def test_frames_are_told_from_noise(heard: bytes) -> None:
    assert framed(heard)
    assert not framed(b"\x00\xff")


@given(st.binary(min_size=1, max_size=300))
def test_there_are_words_for_any_bytes(heard: bytes) -> None:
    assert likeness(heard)
    assert len(hexadecimal(heard)) < 100
