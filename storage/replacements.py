"""A meter replaced by another one at the same address, in the transaction of whoever finds out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from metering.errors import ReadingConflict
from storage import sql
from storage.pool import translated

_SQL = sql.statements("replacements")


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
    before = await connection.fetchval(_SQL["take_off"], place["line_id"], place["address"]) or meter_id
    await connection.execute(
        _SQL["end_requests"], before, f"Meter {serial} is in its place now: ask that one."
    )
    new: int = await connection.fetchval(_SQL["register"], serial, *place.values())
    await connection.execute(_SQL["forget_zones"], meter_id, new)
    await connection.execute(_SQL["inherit_zones"], meter_id, new)
    await _hand_over(connection, before, new, serial, since)
    return new


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
