"""What stands for a serial number that is masked, and the forms in which makers send such numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from protocols.fields import to_bcd

MASKS: Final = ("1234567890", "1029384756")
"""Digits that stand for others; the second ones where the first are the number itself."""
SHORTEST: Final = 4
"""Digits of a number that can be told from other numbers in a frame."""

_NUMBER: Final = re.compile(rf"[0-9A-Za-z]{{{SHORTEST},}}")
_LARGEST_WORD: Final = 0xFFFF


def numbers_in(serial: str) -> Mapping[str, str]:
    """What stands for each part of a serial number that names the meter, and for all of them in one.

    Fewer signs than SHORTEST, as of a year or a variant behind a hyphen, and zeros in front stay.
    """
    found = (part.lstrip("0") for part in _NUMBER.findall(serial))
    numbers = [number for number in found if len(number) >= SHORTEST]
    if not numbers:
        return {}
    whole = "".join(numbers)
    mask = _mask(whole)
    signs = iter(mask)
    return {whole: mask} | {number: "".join(islice(signs, len(number))) for number in numbers}


def changed_forms(words: Mapping[str, str]) -> Mapping[bytes, bytes]:
    """Each number in every form of a frame, and its mask in the same form."""
    return {
        form: other
        for number, mask in words.items()
        for form, other in zip(_forms(number, number), _forms(mask, number), strict=True)
    }


def _mask(number: str) -> str:
    masks = ((mask * (1 + len(number) // len(mask)))[: len(number)] for mask in MASKS)
    return next(mask for mask in masks if mask != number)


def _forms(written: str, number: str) -> Iterator[bytes]:
    """Every form that `number` may have, in a fixed order, with `written` in its stead."""
    text = written.encode("ascii")
    yield text
    yield bytes(octet | (octet.bit_count() & 1) << 7 for octet in text)
    if not number.isdecimal():
        return
    yield bytes(map(int, written))
    size = (len(written) + 1) // 2
    for width in range(size, max(size, 4) + 1):
        yield from _orders(to_bcd(int(written), width))
    for width in range(2 if int(number) <= _LARGEST_WORD else 3, 5):
        yield from _orders((int(written) % 256**width).to_bytes(width, "big"))
    yield (int(written) % 256**8).to_bytes(8, "big")
    yield (int(written) % 256**8).to_bytes(8, "little")


def _orders(octets: bytes) -> Iterator[bytes]:
    """High byte first, halves of which the low one comes first, and low byte first.

    Of a number that is the same in two orders the last one counts, which is the most usual.
    """
    half = len(octets) // 2
    yield octets
    yield octets[half:] + octets[:half]
    yield octets[half - 1 :: -1] + octets[: half - 1 : -1]
    yield octets[::-1]
