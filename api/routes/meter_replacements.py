"""A meter replaced by another one: one act with the registers of both."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from api.errors import InvalidRequest
from api.keys import Scope, allowed
from api.links import meter_link, poll_link
from api.registry_imports import judge_of
from api.reported import Circuit, ShortDecimal
from api.schemas import Amount, Identifier, Instant, LineText, NoteText, RegisterName, Timestamp, known
from api.services import ServicesNeeded
from metering.calendar import MeterZone
from metering.errors import ConfigurationError
from metering.quantities import QUANTITIES, quantity
from metering.readings import MeterValue
from storage.boundary_registers import BoundaryRegister, Side
from storage.keys import ApiKey
from storage.replacements import NewMeter, Replaced, Replacement

router = APIRouter(tags=["registry"])
WritingKey = Annotated[ApiKey, Depends(allowed(Scope.REGISTRY_WRITE))]

MOST_REGISTERS = 100


class RegisterIn(BaseModel):
    """A register as a person read it off the display."""

    model_config = ConfigDict(extra="forbid")

    quantity: RegisterName = Field(examples=["energy_heating"])
    value: ShortDecimal = Field(examples=["1250.6"])
    unit: LineText = Field(examples=["Gcal"])
    circuit: Circuit = Field(1, examples=[1])

    def value_read(self) -> MeterValue:
        return MeterValue(quantity(self.quantity), self.unit, Decimal(self.value), circuit=self.circuit)


class NewMeterIn(BaseModel):
    """The meter that comes; what is left out is as it was with the one that goes."""

    model_config = ConfigDict(extra="forbid")

    serial: Annotated[LineText, Field(min_length=1)] = Field(examples=["06855901"])
    model: LineText = Field("", examples=["kamstrup-multical-403"])
    address: LineText = Field("", examples=["1"])
    line_id: Identifier | None = Field(None, examples=[5])
    zone: LineText = Field("", examples=["Asia/Almaty"], description="That of its clock.")


class ReplacementIn(BaseModel):
    """Registers that are not told are taken from a live poll within six hours of `at`."""

    model_config = ConfigDict(extra="forbid")

    meter_id: Identifier = Field(examples=[42], description="The meter that goes.")
    at: Instant = Field(examples=["2026-01-16T12:00:00Z"])
    new_meter: NewMeterIn
    closing: list[RegisterIn] = Field([], max_length=MOST_REGISTERS, description="Of the meter that goes.")
    opening: list[RegisterIn] = Field([], max_length=MOST_REGISTERS, description="Of the one that comes.")
    note: NoteText = Field("", examples=["act 17"])


class BoundaryRegisterOut(BaseModel):
    """A register at the moment of the replacement; `poll` null: a person read it off."""

    meter: str = Field(examples=["/api/v1/meters/42"])
    side: Side = Field(examples=[Side.CLOSING])
    circuit: int = Field(examples=[1])
    quantity: str = Field(examples=["energy_heating"])
    value: Amount
    raw: Amount
    factor_set: str = Field(examples=["exact"])
    poll: str | None = Field(examples=[None])


class ReplacementOut(BaseModel):
    """The meter that came, what it measures now, and the registers of both meters."""

    meter_id: int = Field(examples=[43])
    meter: str = Field(examples=["/api/v1/meters/43"])
    usage_points: list[int] = Field(examples=[[17]])
    at: Timestamp
    registers: list[BoundaryRegisterOut]


@router.post("/meter-replacements", status_code=201)
async def replace_meter(
    services: ServicesNeeded, key: WritingKey, request: Request, asked: ReplacementIn
) -> ReplacementOut:
    """Replaces a meter wherever it is installed, in one act: all of it is stored, or nothing.

    422 when there is no such meter, or when a register by which a usage point is billed is neither told nor
    polled; 409 when the registry contradicts it.
    """
    old = await services.registry.meter(asked.meter_id)
    if old is None:
        raise InvalidRequest(f"body: meter_id: there is no meter {asked.meter_id}.")
    new = asked.new_meter
    act = Replacement(
        asked.meter_id,
        NewMeter(new.serial, new.model, new.address, new.line_id, new.zone),
        asked.at,
        key.name,
        services.now(),
        tuple(one.value_read() for one in asked.closing),
        tuple(one.value_read() for one in asked.opening),
        asked.note,
    )
    try:
        MeterZone(new.zone or old.zone)
        judge_of(request).meter(new.model or old.model, new.address or old.address)
        done = await services.replacements.replace(act)
    except ConfigurationError as error:
        raise InvalidRequest(f"body: {error}") from error
    return _replacement(act, done)


def _replacement(act: Replacement, done: Replaced) -> ReplacementOut:
    return ReplacementOut(
        meter_id=done.meter_id,
        meter=meter_link(done.meter_id),
        usage_points=list(done.usage_points),
        at=act.at,
        registers=[_register(one) for one in done.registers],
    )


def _register(one: BoundaryRegister) -> BoundaryRegisterOut:
    return BoundaryRegisterOut(
        meter=meter_link(one.meter_id),
        side=one.side,
        circuit=one.circuit,
        quantity=one.quantity,
        value=known(one.value, QUANTITIES[one.quantity].canonical_unit),
        raw=known(one.raw_value, one.raw_unit),
        factor_set=one.factor_set,
        poll=poll_link(one.poll_id) if one.poll_id else None,
    )
