"""A meter replaced by another one, in one transaction, with the registers of both at that moment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from metering.errors import ConfigurationError, ReadingConflict
from metering.readings import MeterValue
from storage import boundary_registers, sql
from storage.boundary_registers import Boundary, BoundaryRegister, Side
from storage.pool import Database, translated
from storage.values import lock_meters

_SQL = sql.statements("replacements")


@dataclass(frozen=True, slots=True)
class NewMeter:
    """The meter that comes; what is None or "" is as it was with the one that goes.

    `zone` is that of its clock; as before, it has the changes of the zone before, too.
    """

    serial: str
    model: str = ""
    address: str = ""
    line_id: int | None = None
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Replacement:
    """`meter_id` goes, `new` comes at `at` wherever that one is installed; who says so, and when.

    `closing` and `opening`: registers that a person read off; those that are not among them are taken from a
    live poll near `at`.
    """

    meter_id: int
    new: NewMeter
    at: datetime
    by: str
    entered_at: datetime
    closing: tuple[MeterValue, ...] = ()
    opening: tuple[MeterValue, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Replaced:
    """The meter that came, the usage points that it measures now, and the registers of both."""

    meter_id: int
    usage_points: tuple[int, ...]
    registers: tuple[BoundaryRegister, ...]


class Replacements:
    """One act each: all of it is stored, or nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def replace(self, act: Replacement) -> Replaced:
        """ConfigurationError for an act that cannot be, e.g. without a register that somebody bills by;
        ReadingConflict when the registry contradicts it.
        """
        if act.at > act.entered_at:
            raise ConfigurationError(f"A replacement at {act.at} lies ahead: enter it when it has happened.")
        async with self._database.transaction() as connection:
            await lock_meters(connection, [act.meter_id])
            measured = await connection.fetch(_SQL["measured"], act.meter_id)
            if not measured:
                raise ReadingConflict(
                    f"Meter {act.meter_id} is not installed anywhere now: it was replaced already, or never "
                    "installed. See its installations."
                )
            new = await _come(connection, act)
            await _hand_over(connection, act.meter_id, new, act.new.serial, act.at)
            registers = await _registers(connection, act, new, measured)
        return Replaced(new, tuple(row["usage_point_id"] for row in measured), registers)


async def put_in_place(connection: Any, meter_id: int, serial: str, since: datetime) -> int:
    """The id of the meter with this serial, which answers at the address of `meter_id` from `since` on.

    It is registered there with the model, line, address and zone of the one before, which is polled no more;
    where that one was installed, the new one is; what people still wanted of that one is refused. A meter
    that is registered there already stays as it is.
    ReadingConflict when it is polled elsewhere, or still installed there.
    """
    place = await connection.fetchrow(_SQL["place"], meter_id)
    known = await connection.fetchrow(_SQL["registered"], place["model"], serial)
    if known is not None and known["polled"]:
        return _same_place(known, place, serial)
    before = await connection.fetchval(_SQL["occupant"], place["line_id"], place["address"]) or meter_id
    await _take_off(connection, before, serial)
    new: int = await connection.fetchval(_SQL["register"], serial, *place.values())
    await _inherit_zones(connection, meter_id, new)
    await _hand_over(connection, before, new, serial, since)
    return new


async def take_registers(
    connection: Any, meter_id: int, polls: Sequence[UUID], by: str, entered_at: datetime, note: str
) -> None:
    """Of a meter that these polls, stored by now, put in another one's place: the registers of both."""
    for row in await connection.fetch(_SQL["handed_over"], meter_id, polls):
        closing = Boundary(row["meter_id"], Side.CLOSING, row["installed_at"], by, entered_at, note)
        await boundary_registers.take_from_polls(connection, closing)
        opening = replace(closing, meter_id=meter_id, side=Side.OPENING)
        await boundary_registers.take_from_polls(connection, opening)


async def _come(connection: Any, act: Replacement) -> int:
    """The id of the new meter, registered on its line; the old one is polled no more."""
    place = await connection.fetchrow(_SQL["place"], act.meter_id)
    model, line_id = act.new.model or place["model"], act.new.line_id or place["line_id"]
    known = await connection.fetchrow(_SQL["registered"], model, act.new.serial)
    if known is not None and (known["polled"] or known["id"] == act.meter_id):
        raise ReadingConflict(
            f"Meter {act.new.serial} is in use already, on line {known['line_id']} at address "
            f"{known['address']}. Compare the serial number on its plate, or take it off polling first."
        )
    await _take_off(connection, act.meter_id, act.new.serial)
    particulars = (act.new.address or place["address"], line_id, act.new.zone or place["zone"])
    try:
        with translated():
            new = await connection.fetchval(_SQL["register"], act.new.serial, model, *particulars)
    except ReadingConflict as error:
        raise ReadingConflict(
            f"Meter {act.new.serial} cannot be put at address {particulars[0]} of line {line_id}: another "
            f"meter is polled there. ({error})"
        ) from error
    if new is None:
        raise ConfigurationError(f"Line {line_id} is not registered; register it before its meters.")
    if not act.new.zone:
        await _inherit_zones(connection, act.meter_id, new)
    return int(new)


async def _take_off(connection: Any, meter_id: int, serial: str) -> None:
    await connection.execute(_SQL["take_off"], meter_id)
    await connection.execute(
        _SQL["end_requests"], meter_id, f"Meter {serial} is in its place now: ask that one."
    )


async def _inherit_zones(connection: Any, before: int, new: int) -> None:
    await connection.execute(_SQL["forget_zones"], before, new)
    await connection.execute(_SQL["inherit_zones"], before, new)


async def _registers(
    connection: Any, act: Replacement, new: int, measured: Collection[Any]
) -> tuple[BoundaryRegister, ...]:
    closing = Boundary(act.meter_id, Side.CLOSING, act.at, act.by, act.entered_at, act.note)
    factor_sets = {row["circuit"]: row["factor_set"] for row in measured}
    ends = ((closing, act.closing), (replace(closing, meter_id=new, side=Side.OPENING), act.opening))
    for boundary, told in ends:
        await boundary_registers.enter(connection, boundary, told, factor_sets)
        await boundary_registers.take_from_polls(connection, boundary)
    known = await boundary_registers.of_meters(connection, [act.meter_id, new])
    registers = tuple(one for one in known if one.at == act.at)
    if missing := list(_missing(measured, registers)):
        raise ConfigurationError(
            f"The replacement of meter {act.meter_id} lacks {', '.join(missing)}: no live poll within "
            f"{boundary_registers.LIVE} tells it. Ask the meter now, or enter what its display shows."
        )
    return registers


def _missing(measured: Iterable[Any], registers: Iterable[BoundaryRegister]) -> Iterator[str]:
    """Registers without which a bill could not run across the replacement."""
    known = {(one.side, one.circuit, one.quantity) for one in registers}
    for row in measured:
        for side in reversed(Side):
            if (side, row["circuit"], row["billed_quantity"]) not in known:
                yield f"the {side} register {row['billed_quantity']} of circuit {row['circuit']}"


def _same_place(known: Any, place: Any, serial: str) -> int:
    if (known["line_id"], known["address"]) != (place["line_id"], place["address"]):
        raise ReadingConflict(
            f"Meter {serial} is registered and polled at address {known['address']} of line "
            f"{known['line_id']}. Either two addresses are mixed up: correct them and reject these polls. Or "
            "it was moved: take it off polling there first."
        )
    return int(known["id"])


async def _hand_over(connection: Any, before: int, new: int, serial: str, since: datetime) -> None:
    try:
        with translated():
            await connection.execute(_SQL["hand_over"], before, new, since)
    except ReadingConflict as error:
        raise ReadingConflict(
            f"Meter {serial} cannot be installed from {since} in the place of meter {before}: it is still "
            f"installed elsewhere, or the one before was installed later than that. Mend the registry first. "
            f"({error})"
        ) from error
