"""A driver that writes down its conversations with a meter: a field trace becomes a test and a simulator.

Every call becomes a conversation of a vector: the exchanges as the driver saw them (with the noise that
stood before a reply; an attempt that the session repeated is not told), and what came of them. Expectations
written so are our own reading: the vector is marked unverified until somebody compared it with the meter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TypeVar

from metering.calendar import ArchiveKind, MeterSlot
from metering.errors import ExchangeError
from metering.meters import MeterConfiguration, MeterIdentity
from metering.readings import ArchiveRecord, Gap, Record, Snapshot
from protocols.conversation import Conversation, Deliver, Exchange, Step
from protocols.driver import Driver, DriverInfo
from protocols.vectors import Call, Expectation, ExpectedRecord, VectorConversation, VectorExchange

T = TypeVar("T")

NOTHING = Expectation({}, {}, None, (), ())


@dataclass(slots=True)
class _Call:
    """A call under way."""

    call: Call
    kind: ArchiveKind | None = None
    starts: tuple[datetime, ...] = ()
    exchanges: list[VectorExchange] = field(default_factory=list)
    delivered: list[Record] = field(default_factory=list)


class RecordingDriver:
    """Behaves as the drivers within; `conversations` are those that came to their end.

    Each call has a driver of its own, as it will have when it is played: running numbers begin anew.
    """

    def __init__(self, make: Callable[[], Driver]) -> None:
        self._make = make
        self.conversations: list[VectorConversation] = []

    @property
    def info(self) -> DriverInfo:
        return self._make().info

    def identify(self, address: str) -> Conversation[MeterIdentity]:
        return self._recorded(_Call(Call.IDENTIFY), self._make().identify(address), _of_identity)

    def read_configuration(self, address: str) -> Conversation[MeterConfiguration]:
        asked = self._make().read_configuration(address)
        return self._recorded(_Call(Call.READ_CONFIGURATION), asked, _of_configuration)

    def read_clock(self, address: str, configuration: MeterConfiguration) -> Conversation[datetime | None]:
        asked = self._make().read_clock(address, configuration)
        return self._recorded(_Call(Call.READ_CLOCK), asked, _of_clock)

    def read_current(self, address: str, configuration: MeterConfiguration) -> Conversation[Snapshot]:
        asked = self._make().read_current(address, configuration)
        return self._recorded(_Call(Call.READ_CURRENT), asked, _of_snapshot)

    def read_archive(
        self, address: str, configuration: MeterConfiguration, kind: ArchiveKind, slots: Sequence[MeterSlot]
    ) -> Conversation[None]:
        call = _Call(Call.READ_ARCHIVE, kind, tuple(slot.start for slot in slots))
        asked = self._make().read_archive(address, configuration, kind, slots)
        return self._recorded(call, asked, lambda result: NOTHING)

    def _recorded(
        self, call: _Call, conversation: Conversation[T], expectation: Callable[[T], Expectation]
    ) -> Conversation[T]:
        result = yield from _watched(call, conversation)
        self.conversations.append(_conversation(call, expectation(result)))
        return result


def _watched(call: _Call, conversation: Conversation[T]) -> Conversation[T]:
    """Passes every step on and every answer back, and notes both."""
    outcome: bytes | ExchangeError | None = None
    while True:
        try:
            step = _resumed(conversation, outcome)
        except StopIteration as end:
            result: T = end.value
            return result
        outcome = yield from _noted(call, step)


def _resumed(conversation: Conversation[T], outcome: bytes | ExchangeError | None) -> Step:
    if isinstance(outcome, ExchangeError):
        return conversation.throw(outcome)
    return next(conversation) if outcome is None else conversation.send(outcome)


def _noted(call: _Call, step: Step) -> Conversation[bytes | ExchangeError]:
    if isinstance(step, Deliver):
        call.delivered.extend(step.records)
    try:
        answer = yield step
    except ExchangeError as error:
        if isinstance(step, Exchange):
            call.exchanges.append(VectorExchange(step.request, None))
        return error
    if isinstance(step, Exchange):
        call.exchanges.append(VectorExchange(step.request, answer))
    return answer


def _conversation(call: _Call, expectation: Expectation) -> VectorConversation:
    records = tuple(_expected(record) for record in call.delivered if not isinstance(record, Snapshot))
    expect = Expectation(
        expectation.identity,
        expectation.settings,
        expectation.meter_time,
        expectation.values,
        records,
        expectation.conditions,
    )
    return VectorConversation(call.call, call.kind, call.starts, tuple(call.exchanges), expect)


def _expected(record: ArchiveRecord | Gap) -> ExpectedRecord:
    if isinstance(record, Gap):
        return ExpectedRecord(record.kind, record.slot.start, (), record.reason)
    return ExpectedRecord(record.kind, record.slot.start, record.values, None, record.conditions)


def _of_identity(identity: MeterIdentity) -> Expectation:
    said = {name: word for name, word in asdict(identity).items() if word}
    return Expectation(said, {}, None, (), ())


def _of_configuration(configuration: MeterConfiguration) -> Expectation:
    return Expectation({}, dict(configuration.settings), None, (), ())


def _of_clock(meter_time: datetime | None) -> Expectation:
    return Expectation({}, {}, meter_time, (), ())


def _of_snapshot(snapshot: Snapshot) -> Expectation:
    identity = _of_identity(snapshot.identity).identity if snapshot.identity else {}
    return Expectation(identity, {}, snapshot.meter_time, snapshot.values, (), snapshot.conditions)
