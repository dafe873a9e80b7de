"""From messages to the database: entries of collectors, pushed readings, strangers, and dead letters.

Everything here may be done twice: a message that was stored and not acknowledged comes again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog

from collector.entries import Entry, EntryKind, Sink
from collector.mqtt import topics
from collector.mqtt.connection import Arrival
from collector.mqtt.push_filters import source_of
from collector.mqtt.pushed_reports import PushingState, check_time, report_of
from metering.calls import Call
from metering.errors import DecodeError, StorageError, StorageUnavailable, TeploError
from metering.polls import PollReport
from protocols.push.pushed import Message, Pushed
from protocols.push.sources import SOURCES
from storage.pool import Database
from storage.push import DeadLetters, PushingMeters
from storage.quarantine import Quarantine, Stranger

log = structlog.get_logger()

Letter = tuple[str, bytes, str, datetime]
"""Topic, payload, why it was not understood, when it came."""
SHOWN: Final = 512
"""Bytes of a stranger's message that are kept to be looked at."""


@dataclass(slots=True)
class _Sorted:
    """What one batch of messages turned out to be; `entries` with the message that each came in."""

    entries: list[tuple[Entry, Arrival]] = field(default_factory=list)
    strangers: list[Stranger] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)


class Intake:
    """`filters`: see push_filters. What belongs to none of our topics is passed over: a broker may err."""

    def __init__(
        self,
        database: Database,
        sink: Sink,
        filters: Mapping[str, str],
        now: Callable[[], datetime],
        name: str = "",
    ) -> None:
        self._sink = sink
        self._filters = filters
        self._now = now
        self._name = name
        self._meters = PushingMeters(database)
        self._quarantine = Quarantine(database)
        self._letters = DeadLetters(database)

    async def store(self, arrivals: Sequence[Arrival]) -> None:
        """All of it is in the database when this returns. StorageUnavailable: do all of it again later."""
        batch = _Sorted()
        for arrival in arrivals:
            await self._understood(arrival, batch)
        await self._put(batch)
        await self._quarantine.seen(batch.strangers)
        await self._letters.add_all(batch.letters)

    async def _understood(self, arrival: Arrival, batch: _Sorted) -> None:
        try:
            await self._sort(arrival, batch)
        except StorageUnavailable:
            raise
        except TeploError as error:
            log.warning("message not understood", topic=arrival.topic, error=str(error))
            batch.letters.append(self._letter(arrival, error))

    async def _sort(self, arrival: Arrival, batch: _Sorted) -> None:
        if (reported := topics.reported(arrival.topic)) is not None:
            batch.entries.append((self._entry(*reported, arrival), arrival))
        elif (source := source_of(self._filters, arrival.topic)) is not None:
            await self._sort_pushed(source, arrival, batch)

    def _entry(self, collector: str, kind: str, arrival: Arrival) -> Entry:
        """The broker's access rules bind a collector to its own topics, and this binds topics to reports."""
        entry = Entry.unpacked(kind, self._now(), arrival.payload)
        if isinstance(entry.value, PollReport | Call) and entry.value.collector != collector:
            raise DecodeError(
                f"This is a {entry.kind} of {entry.value.collector!r} under the topic of {collector!r}."
            )
        return entry

    async def _sort_pushed(self, source: str, arrival: Arrival, batch: _Sorted) -> None:
        message = Message(arrival.topic, arrival.payload, self._now(), arrival.retained)
        pushed = SOURCES[source].decode(message)
        if pushed is None:
            return
        check_time(pushed, message)
        report = await self._report(source, message, pushed)
        if report is None:
            batch.strangers.append(self._stranger(source, message, pushed))
        else:
            batch.entries.append((Entry(EntryKind.REPORT, message.received_at, report), arrival))

    async def _report(self, source: str, message: Message, pushed: Pushed) -> PollReport | None:
        """None: no such meter is registered."""
        found = await self._meters.find(source, pushed.identity, pushed.at)
        if not found:
            return None
        if len(found) > 1:
            raise DecodeError(
                f"Meters of two models have the serial number {pushed.identity} on the line mqtt:{source}: "
                "register one of them there."
            )
        levels = await self._meters.levels_before(found[0].id, pushed.at)
        return report_of(source, message, pushed, PushingState(found[0], levels))

    def _stranger(self, source: str, message: Message, pushed: Pushed) -> Stranger:
        return Stranger(
            identity=pushed.identity,
            kind=source,
            address=message.topic,
            first_at=message.received_at,
            last_at=message.received_at,
            times=1,
            hello=message.payload[:SHOWN],
            listener=f"mqtt:{source}",
            collector=self._name,
        )

    async def _put(self, batch: _Sorted) -> None:
        """One by one when all at once are refused: what is refused alone becomes a dead letter."""
        entries = list({_key(entry): entry for entry, _ in batch.entries}.values())
        if not entries:
            return
        try:
            await self._sink.put(entries)
        except StorageUnavailable:
            raise
        except StorageError:
            for entry, arrival in batch.entries:
                await self._put_alone(entry, arrival, batch)

    async def _put_alone(self, entry: Entry, arrival: Arrival, batch: _Sorted) -> None:
        try:
            await self._sink.put([entry])
        except StorageUnavailable:
            raise
        except StorageError as error:
            log.error("entry refused for good", topic=arrival.topic, error=str(error))
            batch.letters.append(self._letter(arrival, error))

    def _letter(self, arrival: Arrival, error: TeploError) -> Letter:
        return arrival.topic, arrival.payload, str(error), self._now()


def _key(entry: Entry) -> object:
    """Copies of one report or call are one entry."""
    return entry.value.id if isinstance(entry.value, PollReport | Call) else id(entry)
