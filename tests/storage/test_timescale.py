"""What only TimescaleDB has: hypertables, compressed chunks, policies."""

from __future__ import annotations

import pytest

from metering.billing_rules import BillingRule
from metering.calendar import ArchiveKind, BillingPeriod
from metering.consumption import consumption
from metering.readings import GapReason
from storage.evidence import Evidences
from storage.gathered import Asked
from storage.journal import Journal
from storage.polls import Polls
from storage.pool import Database, acting
from storage.readings import Readings
from storage.signals import Signals
from storage.usage_points import Registry
from storage.values import SaveResult
from tests.support.modems import inbound_line, level
from tests.support.registry import DAY, HOUR, START, missing, place, reading, record, report, snapshot

pytestmark = pytest.mark.timescale

COMPRESSED = ["archive_value", "signal_level", "snapshot_value"]
PACKED = "transcript"
"""Its rows are compressed before they are stored."""


async def compress(database: Database) -> int:
    """Compresses every chunk there is; says how many."""
    chunks = 0
    for table in COMPRESSED:
        chunks += len(await database.rows(f"select compress_chunk(show_chunks('{table}'), true)"))
    return chunks


async def test_readings_frames_and_levels_are_hypertables_compressed_when_late_records_are_rare(
    timescale: Database,
) -> None:
    tables = await timescale.rows(
        "select hypertable_name, compression_enabled from timescaledb_information.hypertables order by 1"
    )
    assert [tuple(row) for row in tables] == [
        *((name, True) for name in COMPRESSED),
        (PACKED, False),
    ]
    policies = await timescale.rows(
        "select hypertable_name, config ->> 'compress_after' as after from timescaledb_information.jobs "
        "where proc_name = 'policy_compression' order by 1"
    )
    assert [tuple(row) for row in policies] == [(name, "120 days") for name in COMPRESSED]
    assert (await timescale.check()).timescale is not None


async def test_changes_of_the_registry_are_journalled(timescale: Database) -> None:
    spot = await place(timescale)
    acting("A. Serikova")
    await Registry(timescale).change_usage_point(spot.usage_point, {"contract": "1204"})
    (change,) = await Journal(timescale).changes("usage_point", limit=1)
    assert change.before is not None and change.after is not None
    assert (change.changed_by, change.before["contract"], change.after["contract"]) == (
        "A. Serikova",
        "",
        "1204",
    )


async def test_a_late_record_finds_its_place_in_a_compressed_chunk(timescale: Database) -> None:
    polls, readings, spot = Polls(timescale), Readings(timescale), await place(timescale)
    hours = [record(START + n * HOUR, reading(str(n)), reading(None, "volume")) for n in range(48) if n != 30]
    await polls.save(report(spot.meter, archive=hours, gaps=[missing(START + 30 * HOUR)]))
    assert await compress(timescale) > 0
    late = report(spot.meter, at=START + 200 * DAY, archive=[record(START + 30 * HOUR, reading("30"))])
    assert await polls.save(late) == SaveResult(1, 0, 0)
    values = await readings.archive(spot.meter, ArchiveKind.HOUR, START, START + 2 * DAY, "energy_heating")
    assert [value.value for value in values] == list(range(48))
    assert await readings.gaps(spot.meter, START, START + 2 * DAY) == []


async def test_a_compressed_slot_read_again_keeps_its_row_and_is_revised(timescale: Database) -> None:
    polls, readings, spot = Polls(timescale), Readings(timescale), await place(timescale)
    hours = [record(START + n * HOUR, reading(str(n))) for n in range(48)]
    first = report(spot.meter, archive=hours)
    await polls.save(first)
    await compress(timescale)
    again = report(
        spot.meter, at=START + 200 * DAY, archive=[*hours[:20], record(START + 20 * HOUR, reading("7"))]
    )
    assert await polls.save(again) == SaveResult(0, 20, 1)
    values = await readings.archive(spot.meter, ArchiveKind.HOUR, START, START + 2 * DAY)
    assert [value.value for value in values] == [*range(20), 7, *range(21, 48)]
    (revision,) = await readings.revisions(spot.meter, START, START + 2 * DAY)
    assert (revision.old.value, revision.old.origin.poll_id, revision.replaced_by) == (20, first.id, again.id)


async def test_a_gap_does_not_hide_a_compressed_record(timescale: Database) -> None:
    polls, readings, spot = Polls(timescale), Readings(timescale), await place(timescale)
    await polls.save(report(spot.meter, archive=[record(START, reading("1"))]))
    await compress(timescale)
    await polls.save(report(spot.meter, at=START + DAY, gaps=[missing(START, GapReason.OUT_OF_DEPTH)]))
    assert await readings.gaps(spot.meter, START, START + DAY) == []


async def test_registers_are_found_in_compressed_chunks(timescale: Database) -> None:
    polls, spot = Polls(timescale), await place(timescale, installed_at=START - 100 * DAY)
    totals = [record(START + n * DAY, reading(str(100 + n)), kind=ArchiveKind.TOTAL) for n in range(-40, 60)]
    seen = [snapshot(START + n * DAY + HOUR, reading(f"{100 + n}.5")) for n in range(-40, 60)]
    sent = report(spot.meter, archive=totals, snapshots=seen)
    await polls.save(sent)
    await compress(timescale)
    period = BillingPeriod(START, START + 31 * DAY + 2 * HOUR)
    asked = Asked(spot.usage_point, "energy_heating", period, BillingRule())
    found = consumption(period, (await Evidences(timescale).of([asked]))[spot.usage_point], BillingRule())
    assert found.opening is not None and found.closing is not None
    assert (found.opening.value, found.opening.step) == (100, "register")
    assert (str(found.closing.value), found.closing.step) == ("131.5", "nearby")
    assert await polls.frames(sent.id) == sent.frames


async def test_levels_are_found_in_compressed_chunks_and_late_ones_join_them(timescale: Database) -> None:
    signals, modem = Signals(timescale), (await inbound_line(timescale)).modem_id
    said = [level(START + n * DAY, -60 - n % 30) for n in range(100) if n != 40]
    await signals.add(modem, said)
    assert await compress(timescale) > 1
    late = [level(START + 40 * DAY, -99), level(START + 41 * DAY, -113), level(START + 100 * DAY, None)]
    await signals.add(modem, late)
    whole = [*said[:40], late[0], *said[40:], late[2]]
    assert await signals.series(modem, START, START + 200 * DAY) == whole
    assert await signals.latest(modem) == late[2]
    assert (await signals.trend(modem, START + 99 * DAY)).month.samples == 30
