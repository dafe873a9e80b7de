"""One poll of one meter: who it is, its settings, its clock, current values, and the missing slots."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from collector.gaps import ArchivePlan, WantedSlots, missing_slots
from collector.normalise import Normal, Normaliser
from collector.session import Session
from metering.calendar import ArchiveKind, MeterSlot, MeterZone
from metering.errors import (
    AccessDenied,
    CallFailed,
    ConfigurationChanged,
    ConfigurationError,
    DecodeError,
    GatewayWedged,
    LineError,
    LineLost,
    MeterBusy,
    MeterError,
    ModemAway,
    NoResponse,
    TeploError,
    WrongMeter,
)
from metering.meters import MeterConfiguration, MeterIdentity
from metering.polls import Finding, Outcome, PollReport
from metering.readings import ArchiveReadings, MeterValue, MissingSlot, Record, Snapshot, SnapshotReadings
from metering.validation import clock_flags
from protocols.conversation import Conversation
from protocols.driver import Driver

T = TypeVar("T")

Clock = Callable[[], datetime]
KnownSlots = Callable[[ArchiveKind, datetime, datetime], Awaitable[Collection[datetime]]]
"""(kind, from, to) -> UTC starts of slots that are stored or known to be missing."""

ALLOWED_DRIFT = timedelta(minutes=10)

OUTCOMES: tuple[tuple[type[TeploError], Outcome], ...] = (
    (ModemAway, Outcome.MODEM_AWAY),
    (GatewayWedged, Outcome.GATEWAY_WEDGED),
    (LineLost, Outcome.LINE_LOST),
    (LineError, Outcome.NO_LINK),
    (NoResponse, Outcome.METER_SILENT),
    (WrongMeter, Outcome.WRONG_METER),
    (MeterBusy, Outcome.METER_BUSY),
    (AccessDenied, Outcome.ACCESS_DENIED),
    (ConfigurationChanged, Outcome.CONFIGURATION_CHANGED),
    (MeterError, Outcome.REFUSED),
    (DecodeError, Outcome.NOT_UNDERSTOOD),
    (ConfigurationError, Outcome.WRONG_SETTINGS),
    (TeploError, Outcome.TRANSFER_ERRORS),
)


def outcome_of(error: TeploError) -> Outcome:
    """The word for a poll that ended with this error; a call's own word, else the first matching row's."""
    if isinstance(error, CallFailed):
        return Outcome(error.result.value)
    return next(outcome for kind, outcome in OUTCOMES if isinstance(error, kind))


@dataclass(frozen=True, slots=True)
class PolledMeter:
    """What a poll must know of a meter.

    An empty `serial` accepts whoever answers; `levels` are its registers' last valid levels.
    """

    id: int
    serial: str
    address: str
    zone: MeterZone
    factor_sets: Mapping[int, str] = field(default_factory=dict)
    archives: WantedSlots = field(default_factory=ArchivePlan)
    levels: tuple[MeterValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as it was delivered, and the number of the last frame heard before."""

    record: Record
    at: datetime
    frame: int


def without_readings(report: PollReport, error: TeploError) -> PollReport:
    """The poll itself, ended by this error: what it brought is left out whole."""
    return PollReport(
        id=report.id,
        meter_id=report.meter_id,
        collector=report.collector,
        started_at=report.started_at,
        finished_at=report.finished_at,
        outcome=Outcome.NOT_UNDERSTOOD,
        message=str(error),
    )


class Poll:
    """Runs once. After `run` the report holds everything that was read, also when an error ended it."""

    def __init__(
        self,
        session: Session,
        driver: Driver,
        meter: PolledMeter,
        *,
        identifier: UUID,
        collector: str,
        now: Clock,
        known: KnownSlots,
    ) -> None:
        self._session = session
        self._driver = driver
        self._meter = meter
        self._id = identifier
        self._collector = collector
        self._now = now
        self._known = known
        self._configuration = MeterConfiguration()
        self._identity: MeterIdentity | None = None
        self._clock_difference: timedelta | None = None
        self._kept: list[Kept] = []
        self.error: TeploError | None = None

    async def run(self) -> PollReport:
        """Ask everything that is due; errors of our tree become the report's outcome and `error`."""
        started_at = self._now()
        try:
            await self._converse()
        except TeploError as error:
            self.error = error
        if isinstance(self.error, WrongMeter):
            self._kept.clear()
        return self._report(started_at)

    async def _converse(self) -> None:
        if not self._driver.info.whole_snapshot:
            self._meet(await self._ask(self._driver.identify(self._meter.address)))
        try:
            await self._read_all()
        except ConfigurationChanged:
            await self._read_all()

    async def _read_all(self) -> None:
        await self._read_configuration()
        if not self._driver.info.whole_snapshot:
            await self._read_clock()
        await self._read_current()
        for kind in self._driver.info.depths:
            await self._read_archive(kind)

    async def _ask(self, conversation: Conversation[T]) -> T:
        answer = await self._session.run(conversation, self._deliver)
        if Finding.SECOND_ANSWER in self._session.findings:
            raise WrongMeter(
                f"Two meters answer at address {self._meter.address}: what either of them says cannot be "
                "told apart, so no reading was stored. Give each its own address."
            )
        return answer

    def _meet(self, identity: MeterIdentity | None) -> None:
        """Refuse to go on with another meter than the registered one."""
        if identity is None:
            return
        self._identity = identity
        if self._meter.serial and identity.serial != self._meter.serial:
            raise WrongMeter(
                f"Meter {identity.serial} answered at address {self._meter.address}, but "
                f"{self._meter.serial} is registered there. No reading was stored. Likely the meter was "
                "replaced or two addresses were mixed up: register the new meter or correct the address."
            )

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

    async def _read_archive(self, kind: ArchiveKind) -> None:
        slots = await self._missing(kind)
        if slots:
            await self._ask(self._driver.read_archive(self._meter.address, self._configuration, kind, slots))

    async def _missing(self, kind: ArchiveKind) -> list[MeterSlot]:
        wanted = self._meter.archives.slots(kind, self._driver.info, self._meter_time())
        if not wanted:
            return []
        zone = self._meter.zone
        known = await self._known(kind, zone.to_utc(wanted[0].start), zone.to_utc(wanted[-1].end))
        unread = [slot for slot in wanted if slot not in self._just_read(kind)]
        return missing_slots(unread, known, zone)

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
        return PollReport(
            id=self._id,
            meter_id=self._meter.id,
            collector=self._collector,
            started_at=started_at,
            finished_at=self._now(),
            outcome=self._outcome(),
            message=str(self.error) if self.error else "",
            identity=self._identity,
            configuration=self._configuration,
            clock_difference=self._clock_difference,
            findings=frozenset(self._session.findings),
            frames=tuple(self._session.frames),
            archive=tuple(one for one in normal if isinstance(one, ArchiveReadings)),
            snapshots=tuple(one for one in normal if isinstance(one, SnapshotReadings)),
            gaps=tuple(one for one in normal if isinstance(one, MissingSlot)),
        )

    def _normal(self) -> list[Normal]:
        """What was kept, normalised; a record in a unit nobody knows is left out and becomes the error."""
        doubts = clock_flags(self._clock_difference, ALLOWED_DRIFT) if self._clock_difference else frozenset()
        normaliser = Normaliser(self._meter.zone, self._meter.factor_sets, doubts, self._meter.levels)
        normal = []
        for kept in self._kept:
            try:
                normal.append(normaliser.normal(kept.record, kept.at, kept.frame))
            except TeploError as error:
                self.error = self.error or error
        return normal

    def _outcome(self) -> Outcome:
        if self.error is None:
            return Outcome.OK
        if self._kept:
            return Outcome.PARTLY_READ
        return outcome_of(self.error)
