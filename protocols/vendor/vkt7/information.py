"""What a VKT-7 tells of itself: service information, clock, range of archives (vkt7.md sections 2 and 3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from metering.errors import DecodeError, NotSupported

SERVICE_SIZES: Final = (1, 16)
"""Before firmware 1.5, and since."""
SERVICE_SIZE: Final = SERVICE_SIZES[-1]
RANGE_SIZES: Final = (8, 12)
"""Before firmware 1.7, and since."""
VERSION_AT: Final = 61
"""Where the server version stands in the data of the service block: byte 64 of the frame."""
SERVER_VERSIONS: Final = (0, 1)

_CENTURY: Final = 2000
_MOMENT_SIZE: Final = 4

Firmware = tuple[int, int]
"""Version and revision."""

HAS_CLOCK: Final[Firmware] = (1, 9)
HAS_SUBSCRIBER: Final[Firmware] = (1, 9)
HAS_RANGE: Final[Firmware] = (1, 6)
HAS_MINUTES: Final[Firmware] = (2, 7)


@dataclass(frozen=True, slots=True)
class Service:
    """The service information."""

    firmware: Firmware
    schemes: tuple[int, int]
    subscriber: str
    address: int
    report_day: int
    hardware: int

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """NotSupported for firmware before 1.5, which sends one byte."""
        if len(data) != SERVICE_SIZE:
            raise NotSupported(
                f"The meter sends {len(data)} bytes of service information instead of {SERVICE_SIZE}: a "
                "VKT-7 before firmware 1.5, whose protocol is another one, or another maker's meter."
            )
        schemes = (scheme_of(data[1:3]), scheme_of(data[3:5]))
        return cls(
            divmod(data[0], 16), schemes, text(data[5:13]), data[13], report_day=data[14], hardware=data[15]
        )


@dataclass(frozen=True, slots=True)
class ArchiveRange:
    """From where the hour and the day archive reach (None: the firmware does not tell), and the hour now."""

    hours_from: datetime
    now: datetime
    days_from: datetime | None

    @classmethod
    def decode(cls, data: bytes) -> Self:
        parts = [data[at : at + _MOMENT_SIZE] for at in range(0, len(data), _MOMENT_SIZE)]
        if len(data) not in RANGE_SIZES:
            raise DecodeError(f"A range of archives has two or three dates, not {len(data)} bytes.")
        hours_from, now, *days_from = (moment(part) for part in parts)
        return cls(hours_from, now, days_from[0] if days_from else None)


def moment(data: bytes) -> datetime:
    """Day, month, year since 2000, hour; minute and second where they follow. DecodeError: no such time."""
    try:
        day, month, year, hour, minute, second = data[:6].ljust(6, b"\x00")
        return datetime(_CENTURY + year, month, day, hour, minute, second)
    except ValueError as error:
        raise DecodeError(f"The meter's time {data.hex(' ').upper()} is in no calendar.") from error


def server_version(block: bytes) -> int | None:
    """The server version of a service block; None when this is none."""
    version = block[VERSION_AT] if len(block) > VERSION_AT else None
    return version if version in SERVER_VERSIONS else None


def scheme_of(word: bytes) -> int:
    """The number of the measurement scheme, bits 9 to 12 of a heat input's word."""
    return int.from_bytes(word, "little") >> 9 & 0x0F


def subscriber_of(data: bytes) -> str:
    """The text of a subscriber identifier: a length, characters, quality and abnormal situation."""
    size = int.from_bytes(data[:2], "little")
    if size + 4 != len(data):
        raise DecodeError(f"A subscriber identifier of {size} characters came in {len(data)} bytes.")
    return text(data[2:-2])


def text(characters: bytes) -> str:
    return characters.decode("cp866").strip(" \x00")


def firmware_text(firmware: Firmware) -> str:
    return f"{firmware[0]}.{firmware[1]}"


def firmware_of(written: str) -> Firmware:
    """The firmware of a text like 2.5; 0.0 when it is none."""
    version, _, revision = written.partition(".")
    if not (version.isdecimal() and revision.isdecimal()):
        return 0, 0
    return int(version), int(revision)
