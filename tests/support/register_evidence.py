"""Evidence as storage hands it over, for tests of consumption: meter 1 counts Gcal at hours after EPOCH."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from metering.calendar import ArchiveKind, BillingPeriod, Slot
from metering.evidence import Evidence, RecordReading, RegisterReading, RegisterSource
from metering.readings import Flag
from metering.reported import ReportedReading, ReportSource, Withdrawal

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
POLL = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
HOUR = timedelta(hours=1)


def after(hours: float) -> datetime:
    return EPOCH + hours * HOUR


def period(start: float, end: float) -> BillingPeriod:
    return BillingPeriod(after(start), after(end))


def level(
    at: float,
    value: str | Decimal,
    source: RegisterSource = RegisterSource.TOTAL,
    flags: frozenset[Flag] = frozenset(),
    factor_set: str = "exact",
    poll_id: UUID | None = POLL,
    meter_id: int = 1,
) -> RegisterReading:
    number = Decimal(value)
    return RegisterReading(
        at=after(at),
        value=number,
        quantity="energy_heating",
        circuit=1,
        meter_id=meter_id,
        source=source,
        poll_id=poll_id,
        frame=2,
        raw_value=number,
        raw_unit="Gcal",
        factor=Decimal(1),
        factor_set=factor_set,
        flags=flags,
    )


def record(
    start: float,
    value: str | Decimal,
    length: float = 1,
    kind: ArchiveKind = ArchiveKind.HOUR,
    operating: float | None = None,
    flags: frozenset[Flag] = frozenset(),
    factor_set: str = "exact",
) -> RecordReading:
    number = Decimal(value)
    return RecordReading(
        slot=Slot(after(start), after(start + length)),
        kind=kind,
        value=number,
        quantity="energy_heating",
        circuit=1,
        meter_id=1,
        poll_id=POLL,
        frame=3,
        raw_value=number,
        raw_unit="Gcal",
        factor=Decimal(1),
        factor_set=factor_set,
        operating=None if operating is None else operating * HOUR,
        flags=flags,
    )


def day(start: float, value: str) -> RecordReading:
    return record(start, value, 24, ArchiveKind.DAY)


def hours(start: int, end: int, value: str) -> list[RecordReading]:
    return [record(hour, value) for hour in range(start, end)]


def reported(at: float, value: str, number: int = 1, withdrawn: Withdrawal | None = None) -> ReportedReading:
    return ReportedReading(
        id=number,
        usage_point_id=7,
        meter_id=1,
        circuit=1,
        quantity="energy_heating",
        at=after(at),
        value=Decimal(value),
        raw_value=Decimal(value),
        raw_unit="Gcal",
        factor=Decimal(1),
        factor_set="exact",
        source=ReportSource.WHATSAPP,
        reported_by="the tenant",
        entered_by="an engineer",
        entered_at=after(at),
        note="",
        withdrawn=withdrawn,
    )


def outdoor(start: int, end: int, temperature: str) -> Mapping[datetime, Decimal]:
    return {after(hour): Decimal(temperature) for hour in range(start, end)}


def known(*readings: RegisterReading | RecordReading | ReportedReading, **particulars: object) -> Evidence:
    """Evidence of meter 1, installed long ago, with these readings."""
    values: dict[str, object] = {
        "meter_id": 1,
        "circuit": 1,
        "installed_at": LONG_AGO,
        "removed_at": None,
        "levels": tuple(
            one
            for one in readings
            if isinstance(one, RegisterReading) and one.source is not RegisterSource.BOUNDARY
        ),
        "boundary_registers": tuple(
            one
            for one in readings
            if isinstance(one, RegisterReading) and one.source is RegisterSource.BOUNDARY
        ),
        "records": tuple(one for one in readings if isinstance(one, RecordReading)),
        "reported": tuple(one for one in readings if isinstance(one, ReportedReading)),
    }
    return Evidence(**(values | particulars))  # type: ignore[arg-type]
