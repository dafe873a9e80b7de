"""A driver and a simulated meter of the TEM family back to back, without a line between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from metering.calendar import ArchiveKind, MeterSlot, MeterZone
from metering.errors import FrameError, NoResponse
from metering.readings import ArchiveRecord, MeterValue, Record
from metering.units import convert
from protocols import catalogue
from protocols.conversation import Conversation, Deliver, Exchange
from protocols.driver import Driver
from protocols.vendor.tem import FAMILY
from simulators.families import DevicePlan, SimulatedMeter, simulated_families
from simulators.memory import MeterMemory
from simulators.plant import Plant
from simulators.truth import Truths

T = TypeVar("T")

NOW = datetime(2026, 2, 10, 9, 17, 30, tzinfo=UTC)
TODAY = datetime.fromisoformat("2026-02-10")
"""The meter's clock shows 14:17:30 of this day."""
FAILURE = MeterSlot(TODAY - timedelta(hours=20, minutes=30), TODAY - timedelta(hours=13, minutes=10))
ADDRESS = "7"
PROTOCOLS = dict.fromkeys(FAMILY.models, FAMILY.protocol) | {"arvas-tem-05": "tem05"}

Spoil = Callable[[int, bytes, bytes], bytes | None]
"""What becomes of a reply: given its number, its request and itself; None is silence."""


def memory(circuits: int = 1, installed: datetime = TODAY - timedelta(days=130)) -> MeterMemory:
    return MeterMemory(
        Plant(7),
        now=lambda: NOW,
        zone=MeterZone("+05:00"),
        installed=installed,
        power_failures=[FAILURE],
        circuits=circuits,
    )


def meter(model: str, choices: Mapping[str, str] | None = None, **kept: object) -> SimulatedMeter:
    plan = DevicePlan(model, ADDRESS, "12345", memory(**kept), lambda: 0.0, choices or {})  # type: ignore[arg-type]
    return simulated_families()[PROTOCOLS[model]].build(plan)


def driver(model: str, choices: Mapping[str, str] | None = None) -> Driver:
    protocol = PROTOCOLS[model]
    return catalogue.driver(
        model, choices={f"{protocol}.{name}": word for name, word in (choices or {}).items()}
    )


@dataclass
class Line:
    """Runs conversations with one meter; keeps what was delivered and counts the questions."""

    meter: SimulatedMeter
    spoil: Spoil = lambda number, request, reply: reply
    delivered: list[Record] = field(default_factory=list)
    asked: list[bytes] = field(default_factory=list)

    def run(self, conversation: Conversation[T]) -> T:
        answer: bytes | NoResponse | FrameError | None = None
        try:
            while True:
                if isinstance(answer, Exception):
                    step = conversation.throw(answer)
                else:
                    step = next(conversation) if answer is None else conversation.send(answer)
                if isinstance(step, Deliver):
                    self.delivered.extend(step.records)
                answer = self._heard(step) if isinstance(step, Exchange) else b""
        except StopIteration as end:
            result: T = end.value
            return result

    def _heard(self, step: Exchange) -> bytes | NoResponse | FrameError:
        self.asked.append(step.request)
        reply = self.meter.hear(step.request)
        heard = None if reply is None else self.spoil(len(self.asked), step.request, reply)
        if heard is None:
            return NoResponse()
        end = step.complete(heard)
        return FrameError() if end is None else heard[:end]

    def archive(self, reader: Driver, kind: ArchiveKind, slots: Iterable[MeterSlot]) -> list[Record]:
        """What is delivered for these slots, in their order."""
        before = len(self.delivered)
        configuration = self.run(reader.read_configuration(ADDRESS))
        self.run(reader.read_archive(ADDRESS, configuration, kind, list(slots)))
        return self.delivered[before:]


def judge(values: Iterable[MeterValue], truths: Truths | None) -> None:
    """Every value is true, and everything that the plant has is there."""
    assert truths
    read = {(value.quantity.name, value.circuit): value for value in values}
    for key, truth in truths.items():
        value = read[key]
        assert value.value is not None, key
        assert truth.admits(convert(value.value, value.unit, value.quantity).value), (key, value, truth)


def judge_record(line: Line, record: Record) -> None:
    assert isinstance(record, ArchiveRecord), record
    judge(record.values, line.meter.truth_archive(record.kind, record.slot.start))
