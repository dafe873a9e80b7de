"""Registers that ran over or were reset: acts of people, so that consumption runs across them."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from api.cursors import CursorText, after_id, decode_id
from api.errors import InvalidRequest, NotFound
from api.keys import Scope, allowed
from api.limits import PageSize
from api.reported import Circuit, ShortDecimal
from api.routes.registry import existing_meter
from api.schemas import Amount, Identifier, Instant, NoteText, Page, RegisterName, Timestamp, amount, known
from api.services import ServicesNeeded
from metering.errors import ConfigurationError
from metering.evidence import EventKind
from metering.quantities import QUANTITIES
from storage.keys import ApiKey
from storage.register_events import NewEvent, StoredEvent

router = APIRouter(tags=["register events"])
DecidingKey = Annotated[ApiKey, Depends(allowed(Scope.RULES_WRITE))]


class RegisterEventIn(BaseModel):
    """What befell a register; levels in its canonical unit."""

    model_config = ConfigDict(extra="forbid")

    kind: EventKind = Field(examples=[EventKind.ROLLOVER])
    circuit: Circuit = Field(1, examples=[1])
    quantity: RegisterName = Field(examples=["energy_heating"])
    at: Instant = Field(
        examples=["2026-01-24T03:00:00Z"], description="When it first stood at `level_after`."
    )
    level_before: ShortDecimal = Field(examples=["9999.9"])
    level_after: ShortDecimal = Field(examples=["0.2"])
    capacity: ShortDecimal | None = Field(
        None, examples=["10000"], description="Of a rollover: where it begins anew."
    )
    note: NoteText = Field("", examples=["act 118"])

    def event(self, meter_id: int) -> NewEvent:
        """What is stored of it."""
        capacity = None if self.capacity is None else Decimal(self.capacity)
        return NewEvent(
            *(meter_id, self.circuit, self.quantity, self.at, self.kind),
            *(Decimal(self.level_before), Decimal(self.level_after), capacity, self.note),
        )


class RegisterEventOut(BaseModel):
    """An event, and who decided that it is one."""

    id: int = Field(examples=[3])
    meter_id: int = Field(examples=[42])
    circuit: int = Field(examples=[1])
    quantity: str = Field(examples=["energy_heating"])
    kind: EventKind = Field(examples=[EventKind.ROLLOVER])
    at: Timestamp
    level_before: Amount
    level_after: Amount
    capacity: Amount | None
    decided_by: str = Field(examples=["A. Serikova"])
    decided_at: Timestamp
    note: str = Field(examples=["act 118"])


@router.post("/meters/{meter_id}/register-events", status_code=201)
async def add_register_event(
    services: ServicesNeeded, key: DecidingKey, meter_id: Identifier, told: RegisterEventIn
) -> RegisterEventOut:
    """From `at` on the register's levels count as if it had gone on. 409 when an event stands there."""
    await existing_meter(services, meter_id)
    try:
        stored = await services.register_events.add(told.event(meter_id), key.name, services.now())
    except ConfigurationError as error:
        raise InvalidRequest(f"body: {error}") from error
    return _out(stored)


@router.get("/meters/{meter_id}/register-events", dependencies=[Depends(allowed(Scope.READINGS_READ))])
async def list_register_events(
    services: ServicesNeeded, meter_id: Identifier, cursor: CursorText = None, limit: PageSize = 100
) -> Page[RegisterEventOut]:
    """What befell a meter's registers, in the order in which it was entered."""
    await existing_meter(services, meter_id)
    items = [_out(one) for one in await services.register_events.list(meter_id, decode_id(cursor), limit)]
    return Page(items=items, next_cursor=after_id(items, limit))


@router.delete("/register-events/{event_id}", status_code=204)
async def delete_register_event(services: ServicesNeeded, key: DecidingKey, event_id: Identifier) -> None:
    """It never happened: it was entered by mistake. The journal keeps who took it back."""
    if not await services.register_events.remove(event_id):
        raise NotFound(f"There is no register event {event_id}.")


def _out(stored: StoredEvent) -> RegisterEventOut:
    event, unit = stored.event, QUANTITIES[stored.event.quantity].canonical_unit
    return RegisterEventOut(
        id=stored.id,
        meter_id=event.meter_id,
        circuit=event.circuit,
        quantity=event.quantity,
        kind=event.kind,
        at=event.at,
        level_before=known(event.level_before, unit),
        level_after=known(event.level_after, unit),
        capacity=amount(event.capacity, unit),
        decided_by=stored.decided_by,
        decided_at=stored.decided_at,
        note=event.note,
    )
