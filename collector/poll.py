"""One poll of one meter: who it is, its settings, its clock, current values, and the missing slots."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

from collector.endings import ABSENT, HELD, HELD_BECAUSE, outcome_of
from collector.gaps import ArchivePlan, ArchiveRequest, WantedArchives
from collector.normalise import Normal, Normaliser
from collector.session import Talk
from metering.calendar import ArchiveKind, MeterSlot, MeterZone
from metering.doubts import clock_flags
from metering.errors import (
    CalledOff,
    ConfigurationChanged,
    NotSupported,
    TeploError,
    WrongMeter,
)
from metering.holding import hold_reason
from metering.meters import MeterConfiguration, MeterIdentity
from metering.polls import AskedSlots, Finding, HoldReason, Outcome, PollReport
from metering.readings import (
    ArchiveReadings,
    Flag,
    Gap,
    MeterValue,
    MissingSlot,
    Record,
    Snapshot,
    SnapshotReadings,
)
from metering.requests import PollRequest, RequestKind
from protocols.conversation import Conversation
from protocols.driver import Driver

T = TypeVar("T")

Clock = Callable[[], datetime]
Progress = Callable[[int, int], None]
"""(slots read or known to be absent, slots wanted), told as a poll goes on."""

ALLOWED_DRIFT: Final = timedelta(minutes=10)
LONGEST_VISIT: Final = timedelta(minutes=15)
PORTION: Final = 48
"""Slots asked in one conversation, so that a visit may end between two of them."""


@dataclass(frozen=True, slots=True)
class PolledMeter:
    """What a poll must know of a meter.

    An empty `serial` accepts whoever answers; `levels` are its registers' last valid levels; `configuration`
    is the one under which its readings are accepted. After `visit` the rest of its archives is left to the
    next poll.
    """

    id: int
    serial: str
    address: str
    zone: MeterZone
    factor_sets: Mapping[int, str] = field(default_factory=dict)
    archives: WantedArchives = field(default_factory=ArchivePlan)
    levels: tuple[MeterValue, ...] = ()
    configuration: MeterConfiguration | None = None
    allowed_drift: timedelta = ALLOWED_DRIFT
    visit: timedelta = LONGEST_VISIT


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as it was delivered, and the number of the last frame heard before."""

    record: Record
    at: datetime
    frame: int


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
        self._configuration = MeterConfiguration()
        self._identity: MeterIdentity | None = None
        self._clock_difference: timedelta | None = None
        self._kept: list[Kept] = []
        self._slots: list[AskedSlots] = []
        self._left = 0
        self._refused: list[str] = []
        self.error: TeploError | None = None

    async def run(self) -> PollReport:
        """Ask everything that is due; errors of our tree become the report's outcome and `error`."""
        started_at = self._now()
        try:
            await self._converse(started_at + self._meter.visit)
        except TeploError as error:
            self.error = error
        if isinstance(self.error, WrongMeter) or self._wants(RequestKind.LINK):
            self._kept.clear()
        return self._report(started_at)

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
            self._identity = identity

    async def _read_configuration(self) -> None:
        self._configuration = await self._ask(self._driver.read_configuration(self._meter.address))

    async def _read_clock(self) -> None:
        self._compare_clock(
            await self._ask(self._driver.read_clock(self._meter.address, self._configuration))
        )

    def _compare_clock(self, meter_time: datetime | None) -> None:
        if meter_time is not None:
            self._clock_difference = meter_time - self._right_time()

    def _right_time(self) -> datetime:
        return self._meter.zone.to_meter_time(self._now())

    def _meter_time(self) -> datetime:
        """The meter's time now; where the model does not show its clock, the right one."""
        return self._right_time() + (self._clock_difference or timedelta())

    async def _read_current(self) -> None:
        snapshot = await self._ask(self._driver.read_current(self._meter.address, self._configuration))
        self._deliver((snapshot,), len(self._session.frames))

    async def _read_archives(self, until: datetime) -> None:
        wanted = self._meter.archives.requests(self._driver.info, self._meter_time())
        portions = [part for request in wanted for part in self._portions(request)]
        total, done = sum(len(slots) for _, slots in portions), 0
        for number, (kind, slots) in enumerate(portions):
            if number and self._now() >= until:
                self._left = total - done
                return
            await self._read_archive(kind, slots)
            done += len(slots)
            self._told(done, total)

    async def _read_archive(self, kind: ArchiveKind, slots: Sequence[MeterSlot]) -> None:
        """Whoever refuses one archive may have the others; what refuses is told at the end."""
        unread = [slot for slot in slots if slot not in self._just_read(kind)]
        if not unread:
            return
        self._slots.append(AskedSlots(kind, tuple(unread)))
        try:
            await self._ask(self._driver.read_archive(self._meter.address, self._configuration, kind, unread))
        except NotSupported as error:
            self._refused.append(str(error))

    def _portions(self, request: ArchiveRequest) -> Iterator[tuple[ArchiveKind, Sequence[MeterSlot]]]:
        """An archive that comes whole is asked once; of others a part at a time, in the order wished for."""
        size = len(request.slots) if self._driver.info.whole_archives else PORTION
        for start in range(0, len(request.slots), size or 1):
            yield request.kind, request.slots[start : start + size]

    def _just_read(self, kind: ArchiveKind) -> set[MeterSlot]:
        """Some meters send archive records together with their current values."""
        return {
            kept.record.slot
            for kept in self._kept
            if not isinstance(kept.record, Snapshot) and kept.record.kind is kind
        }

    def _deliver(self, records: tuple[Record, ...], frame: int) -> None:
        for record in records:
            if isinstance(record, Snapshot):
                self._meet(record.identity)
                self._compare_clock(record.meter_time)
        self._kept.extend(Kept(record, self._now(), frame) for record in records)

    def _report(self, started_at: datetime) -> PollReport:
        normal = self._normal()
        doubt = self._doubt(normal)
        return PollReport(
            id=self._id,
            meter_id=self._meter.id,
            collector=self._collector,
            started_at=started_at,
            finished_at=self._now(),
            outcome=self._outcome(doubt),
            message=self._message(doubt),
            identity=self._identity,
            configuration=self._configuration,
            clock_difference=self._clock_difference,
            findings=frozenset(self._session.findings),
            frames=tuple(self._session.frames),
            archive=tuple(one for one in normal if isinstance(one, ArchiveReadings)),
            snapshots=tuple(one for one in normal if isinstance(one, SnapshotReadings)),
            gaps=tuple(one for one in normal if isinstance(one, MissingSlot)),
            held=doubt if normal else None,
            request_id=self._asked.id if self._asked else None,
            asked=tuple(self._slots),
        )

    def _normal(self) -> list[Normal]:
        """What was kept, normalised; a record in a unit nobody knows is left out and becomes the error."""
        doubts = (
            clock_flags(self._clock_difference, self._meter.allowed_drift)
            if self._clock_difference
            else frozenset()
        )
        normaliser = Normaliser(self._meter.zone, self._meter.factor_sets, doubts, self._meter.levels)
        normal = []
        for kept in self._kept:
            try:
                normal.append(normaliser.normal(kept.record, kept.at, kept.frame))
            except TeploError as error:
                self.error = self.error or error
        return normal

    def _doubt(self, normal: Sequence[Normal]) -> HoldReason | None:
        """Why whatever was read is to be kept apart."""
        if isinstance(self.error, WrongMeter):
            return None
        return hold_reason(
            registered_serial=self._meter.serial,
            identity=self._identity,
            configuration=self._configuration,
            accepted_configuration=self._meter.configuration,
            clock_difference=self._clock_difference,
            allowed_drift=self._meter.allowed_drift,
            went_back=any(_went_back(one) for one in normal),
        )

    def _outcome(self, doubt: HoldReason | None) -> Outcome:
        if doubt is not None and (self.error is None or doubt is HoldReason.NEW_METER):
            return HELD[doubt]
        if isinstance(self.error, CalledOff):
            return Outcome.CANCELLED
        if self.error is not None:
            return Outcome.PARTLY_READ if self._kept else outcome_of(self.error)
        return Outcome.PARTLY_READ if self._left else self._answered()

    def _answered(self) -> Outcome:
        """An archive that was asked for and is not there at all is an end of its own."""
        if self._refused:
            return Outcome.ARCHIVE_ABSENT
        if self._asked is None or self._asked.kind is not RequestKind.ARCHIVE:
            return Outcome.OK
        records = [kept.record for kept in self._kept if not isinstance(kept.record, Snapshot)]
        brought = [one for one in records if one.kind is self._asked.archive]
        absent = all(isinstance(one, Gap) and one.reason in ABSENT for one in brought)
        return Outcome.ARCHIVE_ABSENT if absent else Outcome.OK

    def _message(self, doubt: HoldReason | None) -> str:
        told = [str(self.error)] if self.error else []
        if doubt is HoldReason.NEW_METER and self._identity:
            told.append(
                f"Meter {self._identity.serial} answered at address {self._meter.address}, but "
                f"{self._meter.serial} is registered there. What it said waits in quarantine. Likely the "
                "meter was replaced or two addresses were mixed up: accept the new meter, or correct the "
                "address."
            )
        elif doubt is not None:
            told.append(HELD_BECAUSE[doubt])
        if self._left:
            told.append(
                f"The visit ended after {self._meter.visit}: {self._left} archive slots are left to the next "
                "poll."
            )
        if self._outcome(doubt) is Outcome.ARCHIVE_ABSENT and self._asked and not self._refused:
            told.append(
                f"The meter has no {self._asked.archive} record of what was asked for. Likely its memory "
                "does not reach back so far, or the meter is younger: compare the depth of its archive and "
                "the day of its installation."
            )
        return " ".join(told + self._refused)


def _went_back(one: Normal) -> bool:
    readings = one.readings if isinstance(one, SnapshotReadings) else ()
    return any(Flag.WENT_BACK in reading.flags for reading in readings)
