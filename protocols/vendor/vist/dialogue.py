"""One conversation with one VIS.T."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from metering.errors import DecodeError
from protocols.conversation import Conversation, Exchange
from protocols.vendor.vist.frames import (
    HOLDING,
    INPUT,
    NO_SUCH_RECORD,
    parse_address,
    read_record,
    read_registers,
)

_CENTURY: Final = 2000
_TEXT_ENCODING: Final = "cp1251"


class Dialogue:
    """Asks the meter of this address."""

    def __init__(self, address: str) -> None:
        self._unit = parse_address(address)

    def holding(self, address: int, count: int) -> Conversation[bytes]:
        """Bytes of holding registers."""
        return self._registers(HOLDING, address, count)

    def input(self, address: int, count: int) -> Conversation[bytes]:
        """Bytes of input registers."""
        return self._registers(INPUT, address, count)

    def text(self, address: int, count: int) -> Conversation[str]:
        """A zero-terminated text of the holding area."""
        octets = yield from self.holding(address, count)
        return octets.split(b"\x00", 1)[0].decode(_TEXT_ENCODING, "replace").strip()

    def record(self, file: int, number: int, count: int) -> Conversation[bytes | None]:
        """A record of a file; None when the meter has none of this number."""
        question = read_record(self._unit, file, number, count)
        heard = yield Exchange(question.frame(), question.complete)
        return None if question.refusal(heard) in NO_SUCH_RECORD else question.data(heard)

    def clock(self) -> Conversation[datetime]:
        """The meter's clock."""
        return moment((yield from self.input(0x0000, 3)))

    def _registers(self, function: int, address: int, count: int) -> Conversation[bytes]:
        question = read_registers(self._unit, function, address, count)
        heard = yield Exchange(question.frame(), question.complete)
        return question.data(heard)


def moment(octets: bytes) -> datetime:
    """Hour, minute, second, day, month, year of the century; DecodeError when no calendar has it."""
    hour, minute, second, day, month, year = octets[:6]
    try:
        return datetime(_CENTURY + year, month, day, hour, minute, second)
    except ValueError as error:
        raise DecodeError(f"The meter sent a time that no calendar has: {error}; check its clock.") from error
