"""A driver and a simulated meter back to back, without a line between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from metering.calendar import MeterSlot, MeterZone
from metering.errors import NoResponse
from metering.readings import Record
from protocols.conversation import Conversation, Deliver, Exchange, Pause, Step
from protocols.modbus.messages import REFUSED, Framing, frame
from simulators.memory import MeterMemory
from simulators.modbus_meter import ModbusMeter, Refused
from simulators.plant import Plant

T = TypeVar("T")

NOW = datetime(2026, 2, 10, 9, 17, 30, tzinfo=UTC)
INSTALLED = datetime.fromisoformat("2025-11-03T00:00:00")
FAILURE = MeterSlot(
    datetime.fromisoformat("2026-02-09T03:20:00"), datetime.fromisoformat("2026-02-09T06:10:00")
)
SERIAL = "26021017"


def simulated(model: str, circuits: int = 1, choices: Mapping[str, str] | None = None) -> ModbusMeter:
    memory = MeterMemory(
        Plant(7),
        now=lambda: NOW,
        zone=MeterZone("+05:00"),
        installed=INSTALLED,
        drift=timedelta(seconds=-41),
        power_failures=[FAILURE],
        circuits=circuits,
    )
    return ModbusMeter(model, 1, SERIAL, memory, choices=choices or {})


@dataclass
class Bench:
    """Runs conversations against one meter, or against nobody."""

    meter: ModbusMeter | None
    asked: list[bytes] = field(default_factory=list)
    delivered: list[Record] = field(default_factory=list)

    def run(self, conversation: Conversation[T]) -> T:
        try:
            step = next(conversation)
            while True:
                step = self._answered(conversation, step)
        except StopIteration as end:
            result: T = end.value
            return result

    def _answered(self, conversation: Conversation[T], step: Step) -> Step:
        if isinstance(step, Deliver):
            self.delivered.extend(step.records)
        if not isinstance(step, Exchange):
            assert isinstance(step, Deliver | Pause)
            return conversation.send(b"")
        self.asked.append(step.request)
        reply = self._reply(step.request)
        if reply is None or step.complete(reply) is None:
            return conversation.throw(NoResponse())
        return conversation.send(reply)

    def _reply(self, request: bytes) -> bytes | None:
        unit, function, data = request[0], request[1], request[2:-2]
        if self.meter is None or unit != int(self.meter.address):
            return None
        try:
            return frame(function, self.meter.answer(function, data), unit, Framing.RTU)
        except Refused as refusal:
            return frame(function | REFUSED, bytes([refusal.code]), unit, Framing.RTU)
