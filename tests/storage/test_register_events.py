"""Registers that ran over or were reset: entered by people, or recorded with an accepted held poll."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from metering.errors import ConfigurationError, ReadingConflict
from metering.evidence import EventKind
from metering.polls import HoldReason, Outcome
from metering.readings import Flag
from storage.decisions import Act, Decisions
from storage.polls import Polls
from storage.pool import Database
from storage.register_events import NewEvent, RegisterEvents
from tests.support.registry import DAY, HOUR, START, place, reading, report, snapshot

NOW = START + 40 * DAY


async def test_a_rollover_is_entered_listed_and_taken_back(database: Database) -> None:
    spot = await place(database)
    events = RegisterEvents(database)
    full = NewEvent(
        *(spot.meter, 1, "energy_heating", START + DAY, EventKind.ROLLOVER),
        *(Decimal("9999.9"), Decimal("0.2"), Decimal(10000), "five digits"),
    )
    stored = await events.add(full, "A. Serikova", NOW)
    assert (stored.event, stored.decided_by, stored.decided_at) == (full, "A. Serikova", NOW)
    with pytest.raises(ReadingConflict):
        await events.add(full, "A. Serikova", NOW)
    assert await events.list(spot.meter) == [stored]
    assert await events.remove(stored.id)
    assert not await events.remove(stored.id)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"level_after": Decimal(6000)}, "stands lower"),
        ({"capacity": Decimal(10000)}, "needs the register's capacity"),
        ({"kind": EventKind.ROLLOVER}, "needs the register's capacity"),
        ({"kind": EventKind.ROLLOVER, "capacity": Decimal(4000)}, "above every level"),
        ({"quantity": "power"}, "no register"),
    ],
)
async def test_an_event_that_cannot_be_is_refused(
    database: Database, changed: dict[str, object], said: str
) -> None:
    event = NewEvent(1, 1, "energy_heating", START, EventKind.RESET, Decimal(5000), Decimal(3))
    with pytest.raises(ConfigurationError, match=said):
        await RegisterEvents(database).add(replace(event, **changed), "A. Serikova", NOW)  # type: ignore[arg-type]


async def test_accepting_a_held_reset_records_it_at_the_first_level_after_it(database: Database) -> None:
    spot = await place(database)
    levels = [(1, "5000", None), (2, "3", HoldReason.REGISTER_RESET), (3, "4", HoldReason.REGISTER_RESET)]
    for hour, level, held in levels:
        at = START + hour * HOUR
        flags = {Flag.WENT_BACK} if held else set()
        brought = report(
            spot.meter,
            at=at,
            snapshots=[snapshot(at, reading(level, flags=flags))],
            particulars={"held": held},
        )
        outcome = Outcome.REGISTER_RESET if held else Outcome.OK
        await Polls(database).save(replace(brought, outcome=outcome))
    act = Act(spot.meter, HoldReason.REGISTER_RESET, "Айгуль", NOW, "по акту 118")
    await Decisions(database).accept(act)
    (stored,) = await RegisterEvents(database).list(spot.meter)
    assert stored.event == NewEvent(
        *(spot.meter, 1, "energy_heating", START + 2 * HOUR, EventKind.RESET),
        *(Decimal(5000), Decimal(3), None, "по акту 118"),
    )
    assert (stored.decided_by, stored.decided_at) == ("Айгуль", NOW)
