"""Decisions on held polls: one act for all polls of a meter that wait for one reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from metering.errors import ReadingConflict
from metering.holding import accepted
from metering.polls import HoldReason
from storage import meter_states, sql, wire
from storage.held import HeldState
from storage.pool import Database
from storage.register_events import record_resets
from storage.replacements import put_in_place, take_registers
from storage.values import Cause, store_values

_SQL = sql.statements("decisions")


@dataclass(frozen=True, slots=True)
class Act:
    """What is decided on, by whom and why; no `polls`: on all that wait."""

    meter_id: int
    reason: HoldReason
    by: str
    at: datetime
    note: str = ""
    polls: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    """The polls decided on; `meter_id`: whose they are now, another one's after a replacement."""

    meter_id: int
    polls: tuple[UUID, ...]


class Decisions:
    """Each is one transaction; ReadingConflict when nothing waits, and it tells who was faster.

    The same decision by the same person changes nothing and is answered like the first time.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def accept(self, act: Act) -> Decided:
        """Stores what the polls brought as if they had not been held, without the doubts that held them.

        NEW_METER: under the meter that answered, which is put in the registered one's place from the first of
        these polls on, with the registers of both; ReadingConflict when several answered. SCHEME_CHANGED: the
        settings of the last poll are the accepted ones now. REGISTER_RESET: each register that stands lower
        than before gets an event, so that later levels go on growing.
        """
        async with self._database.transaction() as connection:
            polls = await _waiting(connection, act)
            if not polls:
                return await _decided_before(connection, act, HeldState.ACCEPTED)
            meter_id = await _owner(connection, act, polls)
            for poll_id in polls:
                await _store(connection, act, poll_id, meter_id)
            if act.reason is HoldReason.NEW_METER:
                await take_registers(connection, meter_id, polls, act.by, act.at, act.note)
            await _decide(connection, act, HeldState.ACCEPTED, polls)
        return Decided(meter_id, tuple(polls))

    async def reject(self, act: Act) -> Decided:
        """What the polls brought is never stored; their slots are asked for again."""
        async with self._database.transaction() as connection:
            polls = await _waiting(connection, act)
            if not polls:
                return await _decided_before(connection, act, HeldState.REJECTED)
            await _decide(connection, act, HeldState.REJECTED, polls)
        return Decided(act.meter_id, tuple(polls))


async def _waiting(connection: Any, act: Act) -> list[UUID]:
    """Oldest first. Who decides on the same meter meanwhile, or stores a poll of it, waits for this act."""
    if not await connection.fetch(_SQL["lock_meters"], act.meter_id, act.reason.value):
        raise ReadingConflict(f"Meter {act.meter_id} is not registered: nothing of it can wait.")
    rows = await connection.fetch(_SQL["waiting"], *_chosen(act))
    return [row["poll_id"] for row in rows]


def _chosen(act: Act) -> tuple[int, str, Sequence[UUID] | None]:
    return act.meter_id, act.reason.value, act.polls or None


async def _owner(connection: Any, act: Act, polls: Sequence[UUID]) -> int:
    if act.reason is not HoldReason.NEW_METER:
        return act.meter_id
    answered = await connection.fetch(_SQL["answered"], polls)
    if len(answered) != 1:
        serials = ", ".join(row["serial"] for row in answered)
        raise ReadingConflict(
            f"Several meters answered at the address of meter {act.meter_id}: {serials}. Decide on the polls "
            "of each by name, the one that was there first before the others."
        )
    (one,) = answered
    meter_id = await put_in_place(connection, act.meter_id, one["serial"], one["since"])
    await connection.execute(_SQL["repoint"], polls, meter_id)
    return meter_id


async def _store(connection: Any, act: Act, poll_id: UUID, meter_id: int) -> None:
    packed = await connection.fetchval(_SQL["packed"], poll_id)
    report = replace(accepted(wire.decode_report(packed)), meter_id=meter_id)
    await store_values(connection, (report,), Cause.ACCEPTED)
    if act.reason is HoldReason.SCHEME_CHANGED:
        await meter_states.accept_configuration(connection, report)
    if act.reason is HoldReason.REGISTER_RESET:
        await record_resets(connection, report, act.by, act.at, act.note)


async def _decide(connection: Any, act: Act, state: HeldState, polls: Sequence[UUID]) -> None:
    await connection.execute(_SQL["decide"], polls, state.value, act.by, act.at, act.note)
    await connection.execute(_SQL["free_slots"], polls)


async def _decided_before(connection: Any, act: Act, state: HeldState) -> Decided:
    last = await connection.fetchrow(_SQL["last_decision"], *_chosen(act))
    if last is None:
        raise ReadingConflict(f"No poll of meter {act.meter_id} waits for the reason {act.reason}.")
    if (last["state"], last["decided_by"]) != (state.value, act.by):
        raise ReadingConflict(
            f"{last['decided_by']} has {last['state']} the polls of meter {act.meter_id} at "
            f"{last['decided_at']}: nothing is left to decide."
        )
    return Decided(last["meter_id"], tuple(last["polls"]))
