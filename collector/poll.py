"""One poll of one meter: who it is, its settings, its clock, current values, and the missing slots."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

from collector.brought import Brought, Kept
from collector.gaps import ArchiveRequest
from collector.poll_ending import PollEnding
from collector.polled_meter import PolledMeter
from collector.session import Talk
from metering.calendar import ArchiveKind, MeterSlot
from metering.errors import ConfigurationChanged, NotSupported, TeploError, WrongMeter
from metering.meters import MeterIdentity
from metering.polls import AskedSlots, Finding, PollReport
from metering.readings import ArchiveReadings, MissingSlot, Record, Snapshot, SnapshotReadings
from metering.requests import PollRequest, RequestKind
from protocols.conversation import Conversation
from protocols.driver import Driver

T = TypeVar("T")

Clock = Callable[[], datetime]
Progress = Callable[[int, int], None]
"""(slots read or known to be absent, slots wanted), told as a poll goes on."""

PORTION: Final = 48
"""Slots asked in one conversation, so that a visit may end between two of them."""


class Poll:
    """Runs once. After `run` the report holds everything that was read, also when an error ended it.

    `asked` is the wish of a person that it carries out, `told` hears how far it has come.
    """

    def __init__(
        self,
        session: Talk,
        driver: Driver,
        meter: PolledMeter,
        *,
        identifier: UUID,
        collector: str,
        now: Clock,
        asked: PollRequest | None = None,
        told: Progress = lambda done, wanted: None,
    ) -> None:
        self._session = session
        self._driver = driver
        self._meter = meter
        self._id = identifier
        self._collector = collector
        self._now = now
        self._asked = asked
        self._told = told
        self._brought = Brought()
        self.error: TeploError | None = None

    async def run(self) -> PollReport:
        """Ask everything that is due; errors of our tree become the report's outcome and `error`."""
        started_at = self._now()
        try:
            await self._converse(started_at + self._meter.visit)
        except TeploError as error:
            self._brought.error = error
        if isinstance(self._brought.error, WrongMeter) or self._wants(RequestKind.LINK):
            self._brought.kept.clear()
        return self._report(started_at, PollEnding(self._meter, self._brought, self._asked))

    async def _converse(self, until: datetime) -> None:
        if not self._driver.info.whole_snapshot:
            self._meet(await self._ask(self._driver.identify(self._meter.address)))
        try:
            await self._read_all(until)
        except ConfigurationChanged:
            await self._read_all(until)

    async def _read_all(self, until: datetime) -> None:
        info = self._driver.info
        await self._read_configuration()
        if not info.whole_snapshot:
            await self._read_clock()
        if info.whole_snapshot or not (self._wants(RequestKind.LINK) or self._wants(RequestKind.ARCHIVE)):
            await self._read_current()
        if not self._wants(RequestKind.LINK):
            await self._read_archives(until)

    def _wants(self, kind: RequestKind) -> bool:
        return self._asked is not None and self._asked.kind is kind

    async def _ask(self, conversation: Conversation[T]) -> T:
        answer = await self._session.run(conversation, self._deliver)
        self._session.put_usually()
        if Finding.SECOND_ANSWER in self._session.findings:
            raise WrongMeter(
                f"Two meters answer at address {self._meter.address}: what either of them says cannot be "
                "told apart, so no reading was stored. Give each its own address."
            )
        return answer

    def _meet(self, identity: MeterIdentity | None) -> None:
        """Another meter than the registered one is read as well: what it says waits for an engineer."""
        if identity is not None:
            self._brought.identity = identity

    async def _read_configuration(self) -> None:
        self._brought.configuration = await self._ask(self._driver.read_configuration(self._meter.address))

    async def _read_clock(self) -> None:
        self._compare_clock(
            await self._ask(self._driver.read_clock(self._meter.address, self._brought.configuration))
        )

    def _compare_clock(self, meter_time: datetime | None) -> None:
        if meter_time is not None:
            self._brought.clock_difference = meter_time - self._right_time()

    def _right_time(self) -> datetime:
        return self._meter.zone.to_meter_time(self._now())

    def _meter_time(self) -> datetime:
        """The meter's time now; where the model does not show its clock, the right one."""
        return self._right_time() + (self._brought.clock_difference or timedelta())

    async def _read_current(self) -> None:
        snapshot = await self._ask(
            self._driver.read_current(self._meter.address, self._brought.configuration)
        )
        self._deliver((snapshot,), len(self._session.frames))

    async def _read_archives(self, until: datetime) -> None:
        wanted = self._meter.archives.requests(self._driver.info, self._meter_time())
        portions = [part for request in wanted for part in self._portions(request)]
        total, done = sum(len(slots) for _, slots in portions), 0
        for number, (kind, slots) in enumerate(portions):
            if number and self._now() >= until:
                self._brought.left = total - done
                return
            await self._read_archive(kind, slots)
            done += len(slots)
            self._told(done, total)

    async def _read_archive(self, kind: ArchiveKind, slots: Sequence[MeterSlot]) -> None:
        """Whoever refuses one archive may have the others; what refuses is told at the end."""
        unread = [slot for slot in slots if slot not in self._just_read(kind)]
        if not unread:
            return
        self._brought.slots.append(AskedSlots(kind, tuple(unread)))
        try:
            await self._ask(
                self._driver.read_archive(self._meter.address, self._brought.configuration, kind, unread)
            )
        except NotSupported as error:
            self._brought.refused.append(str(error))

    def _portions(self, request: ArchiveRequest) -> Iterator[tuple[ArchiveKind, Sequence[MeterSlot]]]:
        """An archive that comes whole is asked once; of others a part at a time, in the order wished for."""
        size = len(request.slots) if self._driver.info.whole_archives else PORTION
        for start in range(0, len(request.slots), size or 1):
            yield request.kind, request.slots[start : start + size]

    def _just_read(self, kind: ArchiveKind) -> set[MeterSlot]:
        """Some meters send archive records together with their current values."""
        return {one.slot for one in self._brought.archive() if one.kind is kind}

    def _deliver(self, records: tuple[Record, ...], frame: int) -> None:
        for record in records:
            if isinstance(record, Snapshot):
                self._meet(record.identity)
                self._compare_clock(record.meter_time)
        self._brought.kept.extend(Kept(record, self._now(), frame) for record in records)

    def _report(self, started_at: datetime, ending: PollEnding) -> PollReport:
        self.error, normal, brought = ending.error, ending.normal, self._brought
        return PollReport(
            id=self._id,
            meter_id=self._meter.id,
            collector=self._collector,
            started_at=started_at,
            finished_at=self._now(),
            outcome=ending.outcome,
            message=ending.message,
            identity=brought.identity,
            configuration=brought.configuration,
            clock_difference=brought.clock_difference,
            findings=frozenset(self._session.findings),
            frames=tuple(self._session.frames),
            archive=tuple(one for one in normal if isinstance(one, ArchiveReadings)),
            snapshots=tuple(one for one in normal if isinstance(one, SnapshotReadings)),
            gaps=tuple(one for one in normal if isinstance(one, MissingSlot)),
            held=ending.doubt if normal else None,
            request_id=self._asked.id if self._asked else None,
            asked=tuple(brought.slots),
        )
