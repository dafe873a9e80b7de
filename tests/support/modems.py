"""Modems, calls and signal levels for tests of whatever stands on the storage."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from metering.calls import Call, CallResult
from metering.signals import SignalLevel, SignalReport, SignalSource
from storage.modem_rows import InboundLine
from storage.modems import Modems
from storage.pool import Database
from storage.usage_points import Registry
from tests.support.registry import START

NUMBER = "+77015550001"


async def own_modem(database: Database, url: str = "tcp://10.0.0.1:4001") -> int:
    """A modem of ours in the pool `main`."""
    modems = Modems(database)
    await modems.add_pool("main")
    return await modems.add_own("main", url)


async def inbound_line(database: Database, identity: str = "356938035643809") -> InboundLine:
    """A line whose modem connects to us."""
    line = await Registry(database).add_line(f"inbound:{identity}", identity)
    return next(one for one in await Modems(database).inbound_lines() if one.line_id == line)


async def called_line(database: Database, number: str = NUMBER) -> int:
    """A line that is called through the pool `main`."""
    await Modems(database).add_pool("main")
    return await Registry(database).add_line(f"csd:{number}?pool=main", number, pool="main")


def level(at: datetime, dbm: Decimal | int | str | None) -> SignalLevel:
    """A level in dBm as a gateway reports it; None: it knows none."""
    report = SignalReport("CSQ 99,99") if dbm is None else SignalReport(f"{dbm} dBm", Decimal(dbm))
    return SignalLevel(at, SignalSource.REPORT, report)


def call(modem: int, at: datetime = START, **particulars: object) -> Call:
    """A call of one minute that was put through after 20 seconds, unless told otherwise."""
    result = particulars.get("result", CallResult.CONNECTED)
    connected_at = at + timedelta(seconds=20) if result is CallResult.CONNECTED else None
    made = Call(
        uuid4(), modem, NUMBER, "north", at, at + timedelta(minutes=1), CallResult.CONNECTED, connected_at
    )
    return replace(made, **particulars)  # type: ignore[arg-type]
