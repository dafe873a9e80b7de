"""A driver of Teplokom's meters joined back to back with a simulated meter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from metering.calendar import MeterSlot, MeterZone
from metering.errors import ExchangeError, FrameError, NoResponse
from metering.quantities import Quantity
from metering.readings import ArchiveRecord, Gap, MeterValue, Record
from metering.units import convert
from protocols.conversation import Conversation, Deliver, Exchange
from simulators.lines import Device, Split
from simulators.memory import MeterMemory
from simulators.plant import Plant
from simulators.truth import Truths

T = TypeVar("T")

NOW = datetime(2026, 2, 10, 9, 17, 30, tzinfo=UTC)
"""14:17:30 on the meter's clock."""
POWER_FAILURE = MeterSlot(datetime(2026, 2, 9, 5), datetime(2026, 2, 9, 8))


def memory(installed: datetime = datetime(2025, 11, 3), now: datetime = NOW) -> MeterMemory:
    """Two heat inputs, three hours without power."""
    return MeterMemory(
        Plant(7),
        now=lambda: now,
        zone=MeterZone("+05:00"),
        installed=installed,
        power_failures=[POWER_FAILURE],
        circuits=2,
    )


@dataclass
class Line:
    """One meter on a line. `lost(number, request)`: whether the answer to this request, counted, is lost."""

    meter: Device
    split: Split
    lost: Callable[[int, bytes], bool] = lambda number, request: False
    attempts: int = 3
    asked: list[bytes] = field(default_factory=list)
    delivered: list[Record] = field(default_factory=list)

    def run(self, conversation: Conversation[T]) -> T:
        """What the conversation returns; what it delivers is kept."""
        try:
            step = next(conversation)
            while True:
                answer: bytes | ExchangeError = b""
                if isinstance(step, Exchange):
                    answer = self._exchange(step)
                elif isinstance(step, Deliver):
                    self.delivered.extend(step.records)
                failed = isinstance(answer, ExchangeError)
                step = conversation.throw(answer) if failed else conversation.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result

    def _exchange(self, step: Exchange) -> bytes | ExchangeError:
        for _ in range(step.attempts or self.attempts):
            self.asked.append(step.request)
            found = self.split(step.request)
            assert found is not None
            answer = self.meter.hear(found[0])
            if answer is None or self.lost(len(self.asked), step.request):
                continue
            return answer if step.complete(answer) == len(answer) else FrameError()
        return NoResponse()

    @property
    def records(self) -> list[ArchiveRecord]:
        return [record for record in self.delivered if isinstance(record, ArchiveRecord)]

    @property
    def gaps(self) -> list[Gap]:
        return [gap for gap in self.delivered if isinstance(gap, Gap)]


def judge(values: Sequence[MeterValue], truths: Truths | None) -> None:
    """Exactly what the plant has is read, and truly."""
    assert truths
    read = {(one.quantity.name, one.circuit): _canonical(one, one.quantity) for one in values}
    assert read.keys() == truths.keys()
    wrong = {key: (read[key], truth) for key, truth in truths.items() if not truth.admits(read[key])}
    assert not wrong


def _canonical(value: MeterValue, quantity: Quantity):
    assert value.value is not None, quantity
    return convert(value.value, value.unit, quantity).value
