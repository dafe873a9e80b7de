"""A message of IEC 62056-21 in words: what `teplo explain iec62056-21` prints.

Only data blocks carry a BCC; requests and identifications have the characters' parity and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from metering.errors import FrameError
from protocols.annotation import Annotation, Part, annotated
from protocols.vendor.iec62056_21 import data_block
from protocols.vendor.iec62056_21.characters import SOH, is_even, without_parity
from protocols.vendor.iec62056_21.data_sets import SET, DataSet, data_set
from protocols.vendor.iec62056_21.sign_on import Identification, find_identification

MEANINGS: Final[Mapping[str, str]] = {
    "0.0": "property number",
    "6.4": "power",
    "6.6": "maximum power of the year",
    "6.8": "energy",
    "6.26": "volume",
    "6.27": "flow",
    "6.28": "return temperature",
    "6.29": "supply temperature",
    "6.30": "temperature difference",
    "6.31": "operating hours",
    "6.32": "fault hours",
    "6.33": "maximum flow of the year",
    "6.35": "measuring period of the maxima",
    "6.36": "set day",
    "9.1": "settings and firmware",
    "9.4": "maximum supply and return temperature",
    "9.6": "error history",
    "9.20": "device number",
    "9.21": "ownership number",
    "9.22": "status letter",
    "9.24": "nominal flow",
    "9.31": "hours with flow",
    "9.36": "date and time",
    "F": "error",
}
_SPEEDS: Final = {0: 300, 1: 600, 2: 1200, 3: 2400, 4: 4800, 5: 9600, 6: 19200}
_SIGN_ON: Final = re.compile(rb"(\x00*)/([?#A-Z0-9])([0-9A-Za-z ]{0,32})!(\r\n)")
_OPTION: Final = re.compile(rb"\x06([0-2])([0-6])([0-9])\r\n")
_COMMAND: Final = re.compile(rb"\x01([A-Z][0-9])(?:\x02([ -~]*))?\x03(.)", re.DOTALL)
_PIECES: Final = re.compile(rb"\r\n|[^()!\r\n]*\([^()\r\n]*\)|!|.", re.DOTALL)


def explain(frame: bytes) -> list[Annotation]:
    """Annotations of one message: request, identification, acknowledgement, command or data block."""
    return annotated(frame, _parts(frame))


def reseal(frame: bytes) -> bytes:
    """A data block, also behind an identification, with its BCC set right; other messages have none."""
    who = find_identification(frame) if without_parity(frame[:1]) == b"/" else None
    begin = who.end if who else 0
    block = b"(" in without_parity(frame[begin:]) and without_parity(frame[:1])[0] != SOH
    return frame[:begin] + data_block.reseal(frame[begin:]) if block else frame


def _parts(frame: bytes) -> Iterator[Part]:
    plain = without_parity(frame)
    if not frame or not is_even(frame):
        raise FrameError("Not a message of IEC 62056-21: the parity of its characters is wrong.")
    if found := _SIGN_ON.fullmatch(plain):
        return _sign_on(found)
    if found := _OPTION.fullmatch(plain):
        return _option(found)
    if plain[0] == SOH:
        return _command(plain)
    if plain[:1] == b"/":
        return _answer(frame)
    return _block(frame)


def _sign_on(found: re.Match[bytes]) -> Iterator[Part]:
    nulls, _, address, _ = found.groups()
    yield len(nulls), "NULs that wake the meter"
    yield (
        2,
        "request: the full data set" if found[2] == b"?" else f"request of the maker, {found[2].decode()}",
    )
    yield len(address), f"device address {address.decode()}"
    yield 1, "end of the request"
    yield 2, "end of line"


def _option(found: re.Match[bytes]) -> Iterator[Part]:
    yield 1, "acknowledgement"
    yield 1, f"protocol {found[1].decode()}"
    yield 1, f"speed {_SPEEDS[int(found[2])]} baud"
    yield 1, "data read-out" if found[3] == b"0" else f"mode {found[3].decode()}"
    yield 2, "end of line"


def _command(plain: bytes) -> Iterator[Part]:
    found = _COMMAND.fullmatch(plain)
    if found is None or data_block.exclusive_or(plain[1:-1]) != plain[-1]:
        raise FrameError("Not a message of IEC 62056-21: a command whose end or BCC is wrong.")
    yield 1, "start of a command"
    yield 2, f"command {found[1].decode()}"
    if found[2] is not None:
        yield 1, "start of its data"
        yield len(found[2]), f"data {found[2].decode()}"
    yield 1, "end of the text"
    yield 1, "BCC, right"


def _answer(frame: bytes) -> Iterator[Part]:
    """An identification, alone or with the data that follow it at the same speed."""
    who = find_identification(frame)
    if who is None:
        raise FrameError("Not a message of IEC 62056-21: it begins with / but is no identification.")
    yield from _identification(who)
    if who.end < len(frame):
        yield from _block(frame[who.end :])


def _identification(who: Identification) -> Iterator[Part]:
    yield 1, "start of an identification"
    yield 3, f"maker {who.maker}"
    yield 1, f"baud identification {who.baud!r}: the data follow at {who.speed} baud, unless acknowledged"
    yield len(who.text), f"identification {who.text}"
    yield 2, "end of line"


def _block(frame: bytes) -> Iterator[Part]:
    block, check = data_block.decode(frame)
    yield block.start, "start of the data"
    for piece in _PIECES.findall(block.text):
        yield len(piece), _piece(piece.decode("ascii"))
    yield 1, "end of the text"
    kind = "exclusive or" if check is data_block.exclusive_or else "sum of seven bits"
    yield 1, f"BCC, right: {kind} of everything after the start"


def _piece(text: str) -> str:
    if found := SET.fullmatch(text):
        return _words(data_set(found[1], found[2]))
    return {"\r\n": "end of line", "!": "end of the data"}.get(text, f"{text!r}, which is no data set")


def _words(one: DataSet) -> str:
    meaning = MEANINGS.get(one.address, "not explained by the reference")
    when = f", storage {one.storage}" if one.storage else ""
    values = " and ".join(f"{part.text} {part.unit}".strip() or "empty" for part in one.parts)
    return f"{one.address}{when}: {meaning}: {values}"
