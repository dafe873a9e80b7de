"""Tagged data in words, item by item."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from metering.errors import DecodeError
from metering.readings import Absence
from protocols.annotation import Part
from protocols.vendor.logika_m4.moments import archive_date
from protocols.vendor.logika_m4.tags import Item, Tag, number, parse, text

DEEPEST: Final = 4
"""Sequences within sequences that are opened."""

PARAMETERS: Final[Mapping[int, str]] = {
    1024: "time or scheme",
    1025: "date or flow 1",
    8224: "device and software",
    8230: "open archive section",
    8231: "date of the open section",
    8256: "serial number",
    8257: "manufacturer code",
    8259: "settings checksum or external power",
    8260: "settings checksum",
}
ARCHIVES: Final = ("hour", "day", "decade", "month", "changes", "power breaks", "events", "control")


def tagged_parts(data: bytes, depth: int) -> Iterator[Part]:
    """Every byte of these items; what cannot be understood is said to be so."""
    try:
        items = list(parse(data))
    except DecodeError as error:
        yield len(data), f"not understood: {error}"
        return
    for item in items:
        if item.tag == Tag.SEQUENCE and depth < DEEPEST:
            yield item.size - len(item.data), f"sequence of {len(item.data)} bytes"
            yield from tagged_parts(item.data, depth + 1)
        else:
            yield item.size, _words(item)


def _words(item: Item) -> str:
    words = _WORDS.get(item.tag)
    try:
        return words(item) if words else f"item {item.tag:02X}"
    except DecodeError as error:
        return f"not understood: {error}"


def _number(item: Item) -> str:
    found = number(item)
    kind = Tag(item.tag).name.lower()
    return f"{kind}, no value: {found}" if isinstance(found, Absence) else f"{kind} {found}"


def _flags(item: Item) -> str:
    bits = int.from_bytes(item.data, "little")
    raised = [str(at) for at in range(bits.bit_length()) if bits >> at & 1]
    return f"flags, raised: {', '.join(raised) or 'none'}"


def _time(item: Item) -> str:
    return "time " + ":".join(f"{part:02}" for part in item.data[:0:-1])


def _date(item: Item) -> str:
    return "date " + ".".join(f"{part:02}" for part in item.data[:3])


def _archive_date(item: Item) -> str:
    moment = archive_date(item)
    return "no archive date" if moment is None else f"archive date {moment.isoformat(' ')}"


def _parameter(item: Item) -> str:
    if len(item.data) != 3:
        return "parameter, not understood"
    wanted = int.from_bytes(item.data[1:], "little")
    name = PARAMETERS.get(wanted, "")
    return f"parameter {wanted} of channel {item.data[0]}" + (f": {name}" if name else "")


def _octets(item: Item) -> str:
    if len(item.data) != 5:
        return "octets"
    section, channel, archive, most = item.data[:2], *item.data[2:]
    which = ARCHIVES[archive & 7] if archive & 15 < len(ARCHIVES) else "unknown"
    open_section = (
        "open section" if section == b"\xff\xff" else f"section {int.from_bytes(section, 'little')}"
    )
    return f"archive of channel {channel}: {which}, {open_section}, at most {most} records"


_WORDS: Final[Mapping[int, Callable[[Item], str]]] = {
    Tag.OCTET_STRING: _octets,
    Tag.NULL: lambda item: "no value",
    Tag.TEXT: lambda item: f"text {text(item)!r}",
    Tag.UNSIGNED: _number,
    Tag.SIGNED: _number,
    Tag.FLOAT: _number,
    Tag.MIXED: _number,
    Tag.OPERATIVE: lambda item: "operative flag",
    Tag.ACKNOWLEDGEMENT: lambda item: "acknowledgement",
    Tag.TIME: _time,
    Tag.DATE: _date,
    Tag.ARCHIVE_DATE: _archive_date,
    Tag.PARAMETER: _parameter,
    Tag.FLAGS: _flags,
    Tag.ERROR: lambda item: f"error {item.data.hex(' ')}",
}
