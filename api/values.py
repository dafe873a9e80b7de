"""A stored value as it is answered: amount or absence, doubt, and the way back to its frame."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, Field

from api.links import OriginLinks, origin_links
from api.schemas import Amount, DecimalText, MeterTime, Timestamp, amount
from metering.calendar import ArchiveKind
from metering.exact import decimal_text
from metering.quantities import QUANTITIES
from metering.readings import Absence, Flag
from storage.readings import ArchiveValue, Origin, SnapshotValue


class OriginOut(BaseModel):
    """Where a value comes from: canonical value = raw value x factor of the factor set."""

    raw: Amount | None = Field(description="As the meter gave it; null when it gave none.")
    factor: DecimalText
    factor_set: str = Field(examples=["exact"])
    poll_id: UUID = Field(examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    frame: int = Field(examples=[2], description="Number of the frame within the poll.")
    links: OriginLinks


class ValueOut(BaseModel):
    """One quantity of one circuit. `amount` is null exactly when `absence` says why."""

    meter_id: int = Field(examples=[42])
    circuit: int = Field(examples=[1])
    quantity: str = Field(examples=["energy_heating"])
    amount: Amount | None
    absence: Absence | None = Field(examples=[None])
    flags: list[Flag] = Field(examples=[[]], description="Why the value is in doubt; empty when it is not.")
    meter_time: MeterTime | None
    origin: OriginOut


class ReadingOut(ValueOut):
    """A value of an archive record that covers [start, end)."""

    kind: ArchiveKind = Field(examples=[ArchiveKind.HOUR])
    start: Timestamp
    end: Timestamp


class SnapshotOut(ValueOut):
    """A current value read at `read_at`."""

    read_at: Timestamp


def _value(value: ArchiveValue | SnapshotValue) -> ValueOut:
    return ValueOut(
        meter_id=value.meter_id,
        circuit=value.circuit,
        quantity=value.quantity,
        amount=amount(value.value, QUANTITIES[value.quantity].canonical_unit),
        absence=value.absence,
        flags=sorted(value.flags),
        meter_time=value.meter_time,
        origin=_origin(value.meter_id, value.origin),
    )


def _origin(meter_id: int, origin: Origin) -> OriginOut:
    return OriginOut(
        raw=amount(origin.raw_value, origin.raw_unit),
        factor=decimal_text(origin.factor),
        factor_set=origin.factor_set,
        poll_id=origin.poll_id,
        frame=origin.frame,
        links=origin_links(meter_id, origin.poll_id),
    )


def reading(value: ArchiveValue) -> ReadingOut:
    """An archive value as it is answered."""
    return ReadingOut(**dict(_value(value)), kind=value.kind, start=value.slot.start, end=value.slot.end)


def snapshot(value: SnapshotValue) -> SnapshotOut:
    """A current value as it is answered."""
    return SnapshotOut(**dict(_value(value)), read_at=value.read_at)
