"""A captured meter answers again: a vector transcript as a device on a line.

A request is answered when it stands in the transcript byte for byte, running numbers apart. Where the
transcript knows a single telegram, an M-Bus request for it may carry either frame count bit, as with a real
meter of one telegram.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

from metering.calendar import ArchiveKind
from metering.errors import ProfileError
from metering.readings import MeterValue
from metering.units import convert
from protocols import catalogue
from protocols.mbus.frames import FCB, REQ_UD2, SHORT_LENGTH, SHORT_START
from protocols.vectors import Call, Vector, VectorConversation
from simulators.lines import Split
from simulators.truth import Truth, Truths

_ROUNDING: Final = Decimal("1E-9")


class ReplayMeter:
    """The meter of a transcript; what it expects is the truth. Its clock stands still.

    ProfileError when the transcript does not say the meter's serial.
    """

    def __init__(self, vector: Vector) -> None:
        self.model = vector.model
        self.address = vector.address
        self.serial = _serial(vector)
        self._conversations = vector.conversations
        self._exchanges = [each for conversation in vector.conversations for each in conversation.exchanges]
        self._single = len({each.send for each in self._exchanges if _asks_for_data(each.send)}) == 1
        self._position = -1
        protocol = catalogue.driver(vector.model, choices=vector.choices).info.protocol
        self._renumbered = catalogue.families()[protocol].renumbered

    @property
    def requests(self) -> frozenset[bytes]:
        """Every request of the transcript."""
        return frozenset(each.send for each in self._exchanges)

    def hear(self, frame: bytes) -> bytes | None:
        """The reply that the transcript has: rather the next one, or the last again, than one further off."""
        for position in self._order():
            if self._means(frame, self._exchanges[position].send):
                self._position = position
                receive = self._exchanges[position].receive
                return receive and self._renumbered(receive, frame)
        return None

    def truth_snapshot(self, meter_time: datetime) -> Truths:
        """What the transcript expects of a read-out, at whatever time."""
        return _truths(value for each in self._of(Call.READ_CURRENT) for value in each.expect.values)

    def truth_archive(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        """What the transcript expects of this slot; None when it has no record there."""
        expected = (record for each in self._conversations for record in each.expect.records)
        wanted = (record for record in expected if (record.kind, record.start) == (kind, start))
        record = next(wanted, None)
        return None if record is None or record.gap else _truths(record.values)

    def _order(self) -> Iterator[int]:
        length = len(self._exchanges)
        yield (self._position + 1) % length
        yield max(self._position, 0)
        yield from ((self._position + step) % length for step in range(2, length + 1))

    def _means(self, frame: bytes, request: bytes) -> bool:
        if self._single and _asks_for_data(frame) and _asks_for_data(request):
            return frame[2] == request[2]
        return frame == self._renumbered(request, frame)

    def _of(self, call: Call) -> Iterator[VectorConversation]:
        return (each for each in self._conversations if each.call is call)


def known_requests(meters: Iterable[ReplayMeter]) -> Split:
    """Finds in a buffer the first request that one of these meters knows, for a Bus of any protocol."""
    known = frozenset[bytes]().union(*(meter.requests for meter in meters))

    def split(buffer: bytes) -> tuple[bytes, int] | None:
        found = [(buffer.find(request), request) for request in known if request in buffer]
        if not found:
            return None
        start, request = min(found)
        return request, start + len(request)

    return split


def _asks_for_data(frame: bytes) -> bool:
    return len(frame) == SHORT_LENGTH and frame[0] == SHORT_START and frame[1] & ~FCB == REQ_UD2 & ~FCB


def _serial(vector: Vector) -> str:
    for conversation in vector.conversations:
        if serial := conversation.expect.identity.get("serial"):
            return serial
    raise ProfileError(f"The transcript of {vector.model} has no conversation identify with a serial.")


def _truths(values: Iterable[MeterValue]) -> Truths:
    """In the canonical unit; absent values are left out."""
    return {
        (each.quantity.name, each.circuit): Truth(
            convert(each.value, each.unit, each.quantity).value, _ROUNDING
        )
        for each in values
        if each.value is not None
    }
