"""The engineer of a soak run: every morning she decides on what waits in quarantine."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta

from metering.errors import StorageError, StorageUnavailable
from storage.decisions import Act, Decisions
from storage.held import Held, HeldState
from storage.pool import Database
from tests.soak.clock import Accelerated

MORNING = timedelta(hours=8)


async def decide_daily(database: Database, clock: Accelerated, decisions: Counter[str]) -> None:
    """Until it is cancelled."""
    while True:
        await asyncio.sleep(clock.real(MORNING))
        try:
            await decide(database, clock(), decisions)
        except StorageUnavailable:
            continue


async def decide(database: Database, now: datetime, decisions: Counter[str]) -> None:
    """The plant is right in this run: whatever waits is accepted."""
    waiting = await Held(database).list(state=HeldState.WAITING, limit=1000)
    for meter_id, reason in sorted({(one.meter_id, one.reason) for one in waiting}):
        try:
            await Decisions(database).accept(Act(meter_id, reason, "soak", now, "seen on site"))
        except StorageUnavailable:
            raise
        except StorageError as error:
            decisions[f"refused {reason}: {error}"] += 1
        else:
            decisions[reason.value] += 1
