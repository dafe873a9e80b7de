"""Modems with a history: one of ours, one that is called, one that connects to us, and one that never did.

The times count back from NOW; the month of our modem's SIM began on 15 January.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from metering.calls import CallResult, HungUpBy
from metering.polls import Outcome
from metering.signals import RadioTechnology, Registration, SignalLevel, SignalReport, SignalSource
from storage.calls import Calls
from storage.collectors import Collectors
from storage.modem_rows import Contact
from storage.modems import Modems
from storage.polls import Polls
from storage.pool import Database
from storage.quarantine import Quarantine, Stranger
from storage.signals import Signals
from storage.usage_points import Registry
from tests.api.network import NOW, report
from tests.support.modems import call, called_line, inbound_line, own_modem

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LATER = datetime(2199, 1, 1, tzinfo=UTC)
"""What lasts so long has not ended by the database's own clock either."""
IMEI = "356938035643809"
BEFORE = (-60, -61, -64)
"""The levels of the connected modem 40, 39 and 38 days ago."""
EARLIER = (-70, -72)
"""Its levels 10 and 5 days ago."""
LATELY = (-80, -81, -83)
"""Its levels 3, 2 and 1 hours ago."""
STRANGER = Stranger(
    "860000000000001", "imei", "10.9.9.9", NOW - 2 * HOUR, NOW - HOUR, 12, b"86\xff", ":5000", "almaty-1"
)
NAMELESS = Stranger("Котельная\n7", "text", "10.9.9.8", NOW - DAY, NOW - DAY, 1, b"", ":5000", "almaty-1")


@dataclass(frozen=True)
class ModemNetwork:
    """The ids of the modems and of the lines of the two that have one."""

    own: int
    called: int
    connected: int
    never_heard: int
    called_line: int
    connected_line: int


async def build_modems(database: Database) -> ModemNetwork:
    """Modems, their levels, calls and polls, and two strangers."""
    modems = Modems(database)
    own = await own_modem(database)
    await modems.add_own("main", "tcp://10.0.0.1:4001", site="Office", allowance=1500, month_starts_on=15)
    line = await called_line(database)
    called = await modems.describe(line, site="Abai 12, cellar", iccid="8999701560000000001")
    inbound = await inbound_line(database, IMEI)
    silent = await inbound_line(database, "351111111111111")
    await Collectors(database).claim("almaty-1", UUID(int=1), HOUR)
    await modems.hold([(inbound.modem_id, "10.20.1.7:40112")], "almaty-1", NOW - HOUR)
    await modems.heard([Contact(inbound.modem_id, NOW - timedelta(minutes=9), 100, 400)])
    await _levels(database, inbound.modem_id, called)
    await _calls(database, own)
    await _polls(database, inbound.line_id)
    await Quarantine(database).seen([STRANGER, NAMELESS])
    return ModemNetwork(own, called, inbound.modem_id, silent.modem_id, line, inbound.line_id)


def heard(at: datetime, dbm: int) -> SignalLevel:
    said = SignalReport(
        f"CSQ {(dbm + 113) // 2},0",
        Decimal(dbm),
        0,
        technology=RadioTechnology.GSM,
        registration=Registration.HOME,
        operator="KCELL",
        cell="01F3:9A21",
    )
    return SignalLevel(at, SignalSource.REPORT, said)


async def _levels(database: Database, connected: int, called: int) -> None:
    signals = Signals(database)
    ago = [*(n * DAY for n in (40, 39, 38, 10, 5)), *(n * HOUR for n in (3, 2, 1))]
    levels = zip(ago, (*BEFORE, *EARLIER, *LATELY), strict=True)
    await signals.add(connected, [heard(NOW - back, dbm) for back, dbm in levels])
    await signals.add(called, [SignalLevel(NOW - HOUR, SignalSource.REPORT, SignalReport("CSQ 99,99"))])


async def _calls(database: Database, own: int) -> None:
    """Before the SIM's month, at its first midnight and today; and one today that was not put through."""
    calls, signals = Calls(database), Signals(database)
    said = SignalReport("CSQ 14,99", Decimal(-85))
    put_through = {"hung_up_by": HungUpBy.US, "sent": 300, "received": 700, "signal": said}
    month_begins = datetime(2026, 1, 15, tzinfo=UTC)
    for at in (month_begins - HOUR, month_begins, NOW - 2 * HOUR):
        await calls.save(replace(call(own, at), **put_through))  # type: ignore[arg-type]
    busy = call(own, NOW - HOUR, result=CallResult.BUSY)
    await calls.save(replace(busy, cause="user busy", signal=said))
    await signals.add(own, [SignalLevel(NOW - HOUR, SignalSource.CALL, said)])


async def _polls(database: Database, line_id: int) -> None:
    """Of the connected modem's meter: one long ago, and three while the level was near the present one."""
    meter = await Registry(database).add_meter("06855899", "kamstrup-multical-403", "1", line_id, "+00:00")
    polls = Polls(database)
    for ago in (8 * DAY, 2.5 * HOUR, 1.5 * HOUR, 0.5 * HOUR):
        outcome = Outcome.METER_SILENT if ago == 1.5 * HOUR else Outcome.OK
        await polls.save(replace(report(uuid4(), meter, NOW - ago), outcome=outcome))
