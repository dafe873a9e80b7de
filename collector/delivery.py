"""Hands everything on to where it is stored; what is not taken now lies on the disk and follows in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from collector.endings import without_readings
from collector.entries import Entry, Sink
from collector.spool import Spool, SpooledEntry, SpoolState
from collector.supervisor import first_of, wait
from metering.calls import Call
from metering.errors import DecodeError, StorageError, StorageUnavailable
from metering.polls import PollReport
from metering.signals import SignalLevel
from storage.modem_rows import Contact

log = structlog.get_logger()

BATCH: Final = 500
"""Entries that are taken from the disk and put at once; fewer after a batch that took too long."""
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 10.0
LOOK_AGAIN: Final = 10.0
"""Whether anything lies on the disk, even when nobody said so."""
RESERVE: Final = 100
"""This part of the spool is left to reports of meters that could not be asked for want of room."""
REFUSED_FOR: Final = timedelta(minutes=5)
"""So long a disk that took nothing is not tried again by asking meters."""


@dataclass(frozen=True, slots=True)
class DeliveryState:
    """`age`: for how long the oldest entry has waited. `rate`: entries a second since the draining began."""

    spool: SpoolState
    age: timedelta
    rate: float


class Delivery:
    """While anything lies in the spool everything goes there: what one caller hands on stays in its order.

    Every `save` returns when the thing is stored or on the disk. StorageUnavailable: it is neither, because
    the database is away and the spool is full. What the sink refuses for good is set aside in the spool.
    """

    def __init__(self, sink: Sink, spool: Spool, now: Callable[[], datetime]) -> None:
        self._sink = sink
        self._spool = spool
        self._now = now
        self._filled = asyncio.Event()
        self._empty = asyncio.Event()
        self._rate = 0.0
        self._refused_at: datetime | None = None
        self._look()

    @property
    def state(self) -> DeliveryState:
        spool = self._spool.state()
        age = self._now() - spool.oldest_at if spool.oldest_at else timedelta()
        return DeliveryState(spool, max(age, timedelta()), self._rate)

    @property
    def is_full(self) -> bool:
        """Whether what a meter would be asked for now would hardly find a place."""
        spool = self._spool.state()
        if spool.entries and spool.size > spool.limit - spool.limit // RESERVE:
            return True
        return self._refused_at is not None and self._now() < self._refused_at + REFUSED_FOR

    async def save(self, report: PollReport) -> None:
        await self._hand_on(Entry.of_report(report))

    async def save_call(self, call: Call) -> None:
        await self._hand_on(Entry.of_call(call))

    async def save_levels(self, modem_id: int, levels: Sequence[SignalLevel]) -> None:
        if levels:
            await self._hand_on(Entry.of_levels(modem_id, levels))

    async def save_contacts(self, contacts: Sequence[Contact]) -> None:
        if contacts:
            await self._hand_on(Entry.of_contacts(contacts))

    async def drained(self, stop: asyncio.Event) -> None:
        """Wait until nothing lies in the spool, or for `stop`."""
        self._look()
        await first_of(stop, self._empty)

    async def drain(self, stop: asyncio.Event) -> None:
        """Empty the spool whenever something lies in it; what is left at `stop` stays on the disk."""
        while not stop.is_set():
            self._look()
            await first_of(stop, self._filled, timeout=LOOK_AGAIN)
            self._look()
            if self._filled.is_set():
                await self._empty_spool(stop)

    async def _hand_on(self, entry: Entry) -> None:
        if self._spool.state().entries == 0:
            try:
                await self._sink.put([entry])
                return
            except StorageUnavailable as error:
                log.warning("kept on the disk until the database is back", error=str(error))
            except StorageError as error:
                await self._set_aside(entry, error)
                return
            except asyncio.CancelledError:
                await self._keep(entry)
                raise
        await self._keep(entry)

    async def _keep(self, entry: Entry) -> None:
        try:
            data = await asyncio.to_thread(entry.packed)
        except StorageError as error:
            log.error("too large for the disk", kind=entry.kind, error=str(error))
            if not isinstance(entry.value, PollReport):
                return
            entry = Entry.of_report(without_readings(entry.value, error))
            data = entry.packed()
        try:
            await self._spool.append(entry.kind, entry.at, data)
        except StorageUnavailable:
            self._refused_at = self._now()
            raise
        self._refused_at = None
        self._look()

    async def _empty_spool(self, stop: asyncio.Event) -> None:
        loop, pause, moved, batch = asyncio.get_running_loop(), FIRST_PAUSE, 0, BATCH
        begun = loop.time()
        while self._filled.is_set() and not stop.is_set():
            try:
                moved += await self._move(batch)
            except StorageUnavailable as error:
                if pause < LONGEST_PAUSE:
                    log.info("spool waits", entries=self._spool.state().entries, error=str(error))
                await wait(stop, pause)
                pause, begun, moved = min(2 * pause, LONGEST_PAUSE), loop.time(), 0
                batch = max(1, batch // 2)
            else:
                pause, batch = FIRST_PAUSE, min(2 * batch, BATCH)
                self._rate = moved / max(loop.time() - begun, 1e-6)
            self._look()
        if not self._filled.is_set():
            log.info("spool is empty again", entries=moved, a_second=round(self._rate))

    async def _move(self, batch: int) -> int:
        """From the disk to the sink, at most so many at once; how many entries left the spool."""
        spooled = await self._spool.first(batch)
        if not spooled:
            return 0
        entries = await self._unpacked(spooled)
        await self._put(entries)
        await self._spool.remove(spooled[-1].seq)
        self._refused_at = None
        return len(spooled)

    async def _unpacked(self, spooled: Sequence[SpooledEntry]) -> list[Entry]:
        unpacked = await asyncio.to_thread(lambda: [_unpacked(one) for one in spooled])
        for one, entry in zip(spooled, unpacked, strict=True):
            if isinstance(entry, DecodeError):
                log.error("entry of the spool is set aside", kind=one.kind, error=str(entry))
                await self._spool.set_aside(one.kind, one.at, one.payload, str(entry))
        return [entry for entry in unpacked if isinstance(entry, Entry)]

    async def _put(self, entries: Sequence[Entry]) -> None:
        """A batch with an entry that is refused is halved until that one is alone."""
        if not entries:
            return
        try:
            await self._sink.put(entries)
        except StorageUnavailable:
            raise
        except StorageError as error:
            if len(entries) == 1:
                await self._set_aside(entries[0], error)
                return
            middle = len(entries) // 2
            await self._put(entries[:middle])
            await self._put(entries[middle:])

    async def _set_aside(self, entry: Entry, error: StorageError) -> None:
        log.error("refused for good and set aside", kind=entry.kind, at=entry.at, error=str(error))
        try:
            data = await asyncio.to_thread(entry.packed)
            await self._spool.set_aside(entry.kind, entry.at, data, str(error))
        except StorageError as other:
            log.error("not even set aside", kind=entry.kind, at=entry.at, error=str(other))

    def _look(self) -> None:
        filled, empty = (
            (self._filled, self._empty) if self._spool.state().entries else (self._empty, self._filled)
        )
        filled.set()
        empty.clear()


def _unpacked(spooled: SpooledEntry) -> Entry | DecodeError:
    try:
        return Entry.unpacked(spooled.kind, spooled.at, spooled.payload)
    except DecodeError as error:
        return error


class DeliveredCalls:
    """Where dialling writes calls down: see collector.dialling.pool.CallBook."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    async def save(self, call: Call) -> None:
        await self._delivery.save_call(call)


class DeliveredSignals:
    """Where dialling writes signal levels down: see collector.dialling.pool.SignalBook."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    async def add(self, modem_id: int, levels: Sequence[SignalLevel]) -> None:
        await self._delivery.save_levels(modem_id, levels)
