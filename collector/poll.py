"""One poll of one meter: who it is, its settings, its clock, current values, and the missing slots."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from collector.gaps import ArchivePlan, WantedSlots, missing_slots
from collector.normalise import Normaliser
from collector.session import Session
from metering.calendar import ArchiveKind, MeterSlot, MeterZone
from metering.errors import (
    AccessDenied,
    ConfigurationChanged,
    ConfigurationError,
    DecodeError,
    LineError,
    MeterBusy,
    MeterError,
    NoResponse,
    TeploError,
    WrongMeter,
)
from metering.meters import MeterConfiguration, MeterIdentity
from metering.polls import Outcome, PollReport
from metering.readings import (
    ArchiveReadings,
    ArchiveRecord,
    Gap,
    MissingSlot,
    Record,
    Snapshot,
    SnapshotReadings,
)
from metering.validation import clock_flags
from protocols.driver import Driver

Clock = Callable[[], datetime]
KnownSlots = Callable[[ArchiveKind, datetime, datetime], Awaitable[Collection[datetime]]]
"""(kind, from, to) -> UTC starts of slots that are stored or known to be missing."""

ALLOWED_DRIFT = timedelta(minutes=10)

OUTCOMES: tuple[tuple[type[TeploError], Outcome], ...] = (
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
    """The word for a poll that ended with this error; the first matching row counts."""
    return next(outcome for kind, outcome in OUTCOMES if isinstance(error, kind))


@dataclass(frozen=True, slots=True)
class PolledMeter:
    """What a poll must know of a meter. An empty `serial` accepts whoever answers."""

    id: int
    serial: str
    address: str
    zone: MeterZone
    factor_sets: Mapping[int, str] = field(default_factory=dict)
    archives: WantedSlots = field(default_factory=ArchivePlan)


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
        self._normaliser = Normaliser(meter.zone, meter.factor_sets)
        self._configuration = MeterConfiguration()
        self._identity: MeterIdentity | None = None
        self._clock_difference: timedelta | None = None
        self._archive: list[ArchiveReadings] = []
        self._snapshots: list[SnapshotReadings] = []
        self._gaps: list[MissingSlot] = []
        self.error: TeploError | None = None

    async def run(self) -> PollReport:
        """Ask everything that is due; errors of our tree become the report's outcome and `error`."""
        started_at = self._now()
        try:
            await self._converse()
        except WrongMeter as error:
            self._forget()
            self.error = error
        except TeploError as error:
            self.error = error
        return self._report(started_at)

    async def _converse(self) -> None:
        await self._meet()
        try:
            await self._read_all()
        except ConfigurationChanged:
            await self._read_all()

    async def _read_all(self) -> None:
        await self._read_configuration()
        await self._read_clock()
        await self._read_current()
        for kind in self._driver.info.depths:
            await self._read_archive(kind)

    async def _meet(self) -> None:
        self._identity = await self._session.run(self._driver.identify(self._meter.address), self._deliver)
        if self._meter.serial and self._identity.serial != self._meter.serial:
            raise WrongMeter(
                f"Meter {self._identity.serial} answered at address {self._meter.address}, but "
                f"{self._meter.serial} is registered there. Nothing was stored. Likely the meter was "
                "replaced or two addresses were mixed up: register the new meter or correct the address."
            )

    async def _read_configuration(self) -> None:
        conversation = self._driver.read_configuration(self._meter.address)
        self._configuration = await self._session.run(conversation, self._deliver)

    async def _read_clock(self) -> None:
        conversation = self._driver.read_clock(self._meter.address, self._configuration)
        self._compare_clock(await self._session.run(conversation, self._deliver))

    def _compare_clock(self, meter_time: datetime | None) -> None:
        """Measure the drift as soon as the meter has shown its clock; doubts follow from it."""
        if meter_time is None:
            return
        self._clock_difference = meter_time - self._right_time()
        doubts = clock_flags(self._clock_difference, ALLOWED_DRIFT)
        self._normaliser = replace(self._normaliser, doubts=doubts)

    def _right_time(self) -> datetime:
        return self._meter.zone.to_meter_time(self._now())

    def _meter_time(self) -> datetime:
        """The meter's time now; where the model does not show its clock, the right one."""
        return self._right_time() + (self._clock_difference or timedelta())

    async def _read_current(self) -> None:
        conversation = self._driver.read_current(self._meter.address, self._configuration)
        snapshot = await self._session.run(conversation, self._deliver)
        self._deliver((snapshot,), len(self._session.frames))

    async def _read_archive(self, kind: ArchiveKind) -> None:
        slots = await self._missing(kind)
        if slots:
            conversation = self._driver.read_archive(self._meter.address, self._configuration, kind, slots)
            await self._session.run(conversation, self._deliver)

    async def _missing(self, kind: ArchiveKind) -> list[MeterSlot]:
        wanted = self._meter.archives.slots(kind, self._driver.info, self._meter_time())
        if not wanted:
            return []
        zone = self._meter.zone
        known = set(await self._known(kind, zone.to_utc(wanted[0].start), zone.to_utc(wanted[-1].end)))
        return missing_slots(wanted, known | self._just_read(kind), zone)

    def _just_read(self, kind: ArchiveKind) -> set[datetime]:
        """Some meters send archive records together with their current values."""
        delivered: list[ArchiveReadings | MissingSlot] = [*self._archive, *self._gaps]
        return {one.slot.start for one in delivered if one.kind is kind}

    def _deliver(self, records: tuple[Record, ...], frame: int) -> None:
        for record in records:
            self._keep(record, frame)

    def _keep(self, record: Record, frame: int) -> None:
        match record:
            case ArchiveRecord():
                self._archive.append(self._normaliser.archive(record, self._now(), frame))
            case Snapshot():
                self._compare_clock(record.meter_time)
                self._snapshots.append(self._normaliser.snapshot(record, self._now(), frame))
            case Gap():
                self._gaps.append(self._normaliser.gap(record, frame))

    def _forget(self) -> None:
        self._archive.clear()
        self._snapshots.clear()
        self._gaps.clear()

    def _report(self, started_at: datetime) -> PollReport:
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
            frames=tuple(self._session.frames),
            archive=tuple(self._archive),
            snapshots=tuple(self._snapshots),
            gaps=tuple(self._gaps),
        )

    def _outcome(self) -> Outcome:
        if self.error is None:
            return Outcome.OK
        if self._snapshots or self._archive:
            return Outcome.PARTLY_READ
        return outcome_of(self.error)
