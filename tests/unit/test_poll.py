"""One poll: what it keeps, what it refuses, and in which word it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from collector.gaps import ArchivePlan
from collector.links.fake import Arrival
from collector.poll import Poll
from collector.polled_meter import PolledMeter
from collector.session import Session
from metering.calendar import ArchiveKind, MeterZone
from metering.errors import AccessDenied, ConfigurationChanged, DecodeError, MeterBusy
from metering.polls import Direction, Finding, HoldReason, Outcome
from metering.readings import Flag
from tests.unit.scripted import INFO, ScriptedDriver, session

NOW = datetime(2026, 1, 10, 7, 30, tzinfo=UTC)
METER_NOW = datetime(2026, 1, 10, 12, 30)
METER = PolledMeter(1, "100", "5", MeterZone("+05:00"), archives=ArchivePlan({ArchiveKind.HOUR: 3}))


def now() -> datetime:
    return NOW


def poll(driver: ScriptedDriver, talk: Session, meter: PolledMeter = METER) -> Poll:
    return Poll(talk, driver, meter, identifier=UUID(int=1), collector="test", now=now)


async def test_everything_that_is_due_is_read_and_kept() -> None:
    report = await poll(ScriptedDriver(clock=METER_NOW), await session(now)).run()
    assert report.outcome is Outcome.OK
    assert [record.slot.start.hour for record in report.archive] == [6, 5, 4]
    assert report.snapshots[0].readings[0].value == Decimal("12.5")
    assert report.clock_difference == timedelta(0)
    assert [frame.direction for frame in report.frames[:2]] == [Direction.SENT, Direction.RECEIVED]
    assert report.snapshots[0].frame == 8, "who, settings, clock, now: four questions, eight frames"


@pytest.mark.parametrize("whole_snapshot", [False, True])
async def test_what_another_meter_than_the_registered_one_says_is_kept_apart(whole_snapshot: bool) -> None:
    driver = ScriptedDriver("999", METER_NOW, replace(INFO, whole_snapshot=whole_snapshot))
    report = await poll(driver, await session(now)).run()
    assert report.outcome is Outcome.WRONG_METER
    assert "999" in report.message
    assert "100" in report.message
    assert report.held is HoldReason.NEW_METER
    assert report.snapshots[0].readings[0].value == Decimal("12.5")


async def test_an_echo_is_named_in_the_report() -> None:
    def echoing(request: bytes) -> list[Arrival]:
        return [Arrival(request), Arrival(b"ok\n")]

    report = await poll(ScriptedDriver(clock=METER_NOW), await session(now, echoing)).run()
    assert report.outcome is Outcome.OK
    assert report.findings == {Finding.ECHO}


async def test_a_second_meter_on_the_address_leaves_nothing() -> None:
    def both(request: bytes) -> list[Arrival]:
        return [Arrival(b"ok\n"), Arrival(b"other\n")]

    report = await poll(ScriptedDriver(clock=METER_NOW), await session(now, both)).run()
    assert report.outcome is Outcome.WRONG_METER
    assert "Two meters" in report.message
    assert report.snapshots == ()


async def test_a_silent_meter_is_called_silent() -> None:
    report = await poll(ScriptedDriver(), await session(now, lambda request: [])).run()
    assert report.outcome is Outcome.METER_SILENT
    assert len(report.frames) == 2, "two attempts"


async def test_what_was_read_before_the_line_was_cut_is_kept() -> None:
    def cut_at_the_second_hour(request: bytes) -> list[Arrival]:
        hours.append(request)
        return [Arrival(None)] if hours.count(b"hour\n") == 2 else [Arrival(b"ok\n")]

    hours: list[bytes] = []
    report = await poll(ScriptedDriver(clock=METER_NOW), await session(now, cut_at_the_second_hour)).run()
    assert report.outcome is Outcome.PARTLY_READ
    assert len(report.archive) == 1


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (MeterBusy(), Outcome.METER_BUSY),
        (AccessDenied(), Outcome.ACCESS_DENIED),
        (DecodeError(), Outcome.NOT_UNDERSTOOD),
    ],
)
async def test_each_refusal_has_its_word(
    error: MeterBusy, outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: ScriptedDriver, address: str) -> None:
        raise error

    monkeypatch.setattr(ScriptedDriver, "identify", refuse)
    assert (await poll(ScriptedDriver(), await session(now)).run()).outcome is outcome


async def test_changed_settings_are_read_again_once() -> None:
    driver = ScriptedDriver(clock=METER_NOW, fail={2: ConfigurationChanged()})
    report = await poll(driver, await session(now)).run()
    assert report.outcome is Outcome.OK
    assert driver.configurations == 2
    assert len(report.archive) == 3


async def test_a_clock_far_off_puts_everything_in_doubt_and_discards_nothing() -> None:
    driver = ScriptedDriver(clock=METER_NOW + timedelta(hours=2))
    report = await poll(driver, await session(now)).run()
    assert report.clock_difference == timedelta(hours=2)
    assert Flag.CLOCK_DRIFT in report.snapshots[0].readings[0].flags
    assert len(report.archive) == 3
