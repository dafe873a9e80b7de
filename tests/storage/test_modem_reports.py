"""What a report reads where modems have a history of years."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from storage import sql
from storage.modem_reports import ModemReports
from storage.modems import Modems
from storage.pool import Database
from tests.support.registry import START

HISTORY = """
insert into signal_level (modem_id, at, source, raw, level)
select modem.id, at, 'call', 'CSQ 14,99',
    case when at > $1::timestamptz - interval '24 hours' then -95 else -85 end
from generate_series($1::timestamptz - interval '2 years', $1, interval '6 hours') as at, modem
"""


async def test_falling_levels_are_found_without_reading_all_of_history(database: Database) -> None:
    modems = Modems(database)
    await modems.add_pool("main")
    for number in range(60):
        await modems.add_own("main", f"tcp://10.0.0.{number}:4001")
    now = START + timedelta(days=730)
    await database.value(HISTORY, now)
    await database.value("analyze signal_level")
    falling = await ModemReports(database).falling(now, Decimal(6))
    assert [(one.before, one.level, one.drop) for one in falling] == [(-85, -95, 10)] * 60
    plan = await database.rows(f"explain {sql.statements('modem_reports')['falling']}", now, Decimal(6))
    assert not [line for (line,) in plan if "Seq Scan on signal_level" in line]
