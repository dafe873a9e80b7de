"""What the repositories of signals, calls, strangers and surveys promise, over PostgreSQL and TimescaleDB."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from statistics import mean
from uuid import uuid4

import pytest

from metering.calls import CallResult, HungUpBy
from metering.errors import ConfigurationError, ReadingConflict
from metering.polls import Outcome
from metering.signals import RadioTechnology, Registration, SignalLevel, SignalReport, SignalSource
from metering.surveys import Sample, SurveyFindings, SurveyRule, Verdict
from storage.calls import Calls, StoredCall
from storage.modem_reports import ModemReports
from storage.modem_rows import Contact
from storage.modems import Modems
from storage.polls import Polls
from storage.pool import Database
from storage.quarantine import LONGEST_HELLO, LONGEST_WORD, MOST_STRANGERS, Quarantine, Stranger
from storage.signals import Share, Signals
from storage.surveys import SurveyRequest, Surveys, SurveyState
from storage.traffic import DayTraffic
from storage.usage_points import Registry
from tests.support.modems import NUMBER, call, called_line, inbound_line, level, own_modem
from tests.support.registry import DAY, HOUR, START, report

EVERYTHING = SignalReport(
    "CESQ 99,99,255,255,20,80", Decimal("-60.5"), 3, Decimal(-61), Decimal("-9.5"), RadioTechnology.LTE,
    Registration.ROAMING, "Beeline KZ", "1F2A:00C3",
)  # fmt: skip
MINUTE = timedelta(minutes=1)
STRANGER = Stranger("356938035643809", "imei", "10.1.1.1", START, START, 1, b"\x00IMEI", ":5000", "north")


@pytest.fixture(params=["database", pytest.param("timescale", marks=pytest.mark.timescale)])
def store(request: pytest.FixtureRequest) -> Database:
    """An open pool on each kind of database."""
    database: Database = request.getfixturevalue(request.param)
    return database


def rounded(number: Decimal) -> Decimal:
    return number.quantize(Decimal("0.1"), ROUND_HALF_UP)


async def test_a_level_comes_back_as_the_modem_said_it(store: Database) -> None:
    signals, modem = Signals(store), (await inbound_line(store)).modem_id
    assert await signals.latest(modem) is None
    said = [
        SignalLevel(START, SignalSource.HELLO, EVERYTHING),
        SignalLevel(START + HOUR, SignalSource.CALL, SignalReport("CSQ 99,99")),
    ]
    await signals.add(modem, said)
    await signals.add(modem, said)
    await signals.add(modem, [])
    assert await signals.series(modem, START, START + DAY) == said
    assert await signals.latest(modem) == said[1]
    stored = await Modems(store).modem(modem)
    assert stored is not None and stored.operator == "Beeline KZ"


async def test_the_last_words_of_many_modems_are_read_at_once(store: Database) -> None:
    signals, lines = Signals(store), [await inbound_line(store, f"meter-{n}") for n in range(3)]
    said = {line.modem_id: [level(START + n * HOUR, -60 - n) for n in range(4)] for line in lines[:2]}
    for modem, levels in said.items():
        await signals.add(modem, levels)
    asked_for = [line.modem_id for line in lines]
    assert await signals.latest_of(asked_for) == {modem: levels[-1] for modem, levels in said.items()}
    assert await signals.latest_of([]) == {}


async def test_a_series_is_read_page_by_page_within_its_interval(store: Database) -> None:
    signals, modem = Signals(store), (await inbound_line(store)).modem_id
    said = [level(START + n * HOUR, -60 - n) for n in range(10)]
    await signals.add(modem, said[::-1])
    assert await signals.series(modem, START + HOUR, START + 9 * HOUR) == said[1:9]
    page = await signals.series(modem, START, START + DAY, limit=4)
    assert page == said[:4]
    assert await signals.series(modem, START, START + DAY, page[-1].at, 4) == said[4:8]


async def test_a_level_wants_a_modem(store: Database) -> None:
    with pytest.raises(ReadingConflict):
        await Signals(store).add(77, [level(START, -70)])


async def test_the_trend_compares_each_span_with_the_one_before(store: Database) -> None:
    signals, modem, now = Signals(store), (await inbound_line(store)).modem_id, START + 60 * DAY
    said = {now - n * 7 * HOUR: Decimal(-60 - n * 37 % 23) for n in range(200)}
    await signals.add(modem, [level(at, dbm) for at, dbm in said.items()])
    await signals.add(modem, [level(now - MINUTE, None), level(now + MINUTE, -113)])
    trend = await signals.trend(modem, now)
    for span in (trend.day, trend.month):
        new = [dbm for at, dbm in said.items() if now - span.span < at]
        old = [dbm for at, dbm in said.items() if now - 2 * span.span < at <= now - span.span]
        assert (span.samples, span.mean) == (len(new), rounded(mean(new)))
        assert span.change == rounded(mean(new) - mean(old))
    assert (trend.day.span, trend.month.span) == (DAY, 30 * DAY)


async def test_a_modem_without_levels_has_no_trend(store: Database) -> None:
    trend = await Signals(store).trend((await inbound_line(store)).modem_id, START)
    assert (trend.day.mean, trend.day.change, trend.day.samples) == (None, None, 0)


async def test_our_modems_share_is_of_its_calls_at_this_level(store: Database) -> None:
    calls, modem = Calls(store), await own_modem(store)
    results = [CallResult.CONNECTED, CallResult.BUSY, CallResult.CONNECTED, CallResult.NO_CARRIER]
    for n, dbm in enumerate(range(-110, -60)):
        signal = SignalReport(f"{dbm} dBm", Decimal(dbm))
        await calls.save(call(modem, START + n * MINUTE, result=results[n % 4], signal=signal))
    await calls.save(call(modem, START - MINUTE, result=CallResult.NO_ANSWER))
    near = [results[n % 4] for n, dbm in enumerate(range(-110, -60)) if -93 <= dbm <= -87]
    failed = sum(result is not CallResult.CONNECTED for result in near)
    assert await Signals(store).failed_share(modem, Decimal(-90), Decimal(3)) == Share(len(near), failed)


async def test_a_remote_modems_share_is_of_the_polls_after_such_a_level(store: Database) -> None:
    signals, polls, line = Signals(store), Polls(store), await inbound_line(store)
    meter = await Registry(store).add_meter("1", "m", "1", line.line_id, "+05:00")
    await signals.add(
        line.modem_id, [level(START, -70), level(START + DAY, -100), level(START + 2 * DAY, None)]
    )
    outcomes = {
        -1 * HOUR: Outcome.NO_LINK,  # before any level
        1 * HOUR: Outcome.METER_SILENT,
        2 * HOUR: Outcome.OK,
        DAY: Outcome.OK,
        DAY + 1 * HOUR: Outcome.NO_CARRIER,
        DAY + 2 * HOUR: Outcome.NO_FREE_MODEM,  # never got as far
        DAY + 3 * HOUR: Outcome.SIM_MISSING,  # ours
        DAY + 4 * HOUR: Outcome.WRONG_METER,  # its answer came through
        DAY + 5 * HOUR: Outcome.LINE_LOST,  # a call that was cut
        3 * DAY: Outcome.MODEM_AWAY,  # the level before is the last one known
    }
    for after, outcome in outcomes.items():
        await polls.save(replace(report(meter, at=START + after), outcome=outcome))
    assert await signals.failed_share(line.modem_id, Decimal(-100), Decimal(2)) == Share(5, 3)
    assert await signals.failed_share(line.modem_id, Decimal("-71.5"), Decimal(2)) == Share(2, 1)
    assert await signals.failed_share(line.modem_id, Decimal(-85), Decimal(2)) == Share(0, 0)


async def test_a_call_is_stored_once_with_its_traffic_at_both_ends(store: Database) -> None:
    calls, modems = Calls(store), Modems(store)
    ours, line = await own_modem(store), await called_line(store)
    made = call(
        ours, sent=120, received=4096, hung_up_by=HungUpBy.REMOTE, cause="NO CARRIER",
        signal=SignalReport("CSQ 14,99", Decimal(-85)),
    )  # fmt: skip
    for _ in range(2):
        await calls.save(made)
    assert await calls.list() == [StoredCall(made, line)]
    (remote,) = await modems.list(search=NUMBER)
    for modem in (ours, remote.id):
        days = await modems.traffic(modem, START.date(), START.date() + timedelta(days=1))
        assert days == [DayTraffic(START.date(), 120, 4096)]
    assert remote.last_contact_at == made.ended_at


async def test_a_clock_that_was_set_back_in_a_call_does_not_lose_it(store: Database) -> None:
    ours = await own_modem(store)
    made = call(ours, connected_at=START - MINUTE, sent=5, received=7)
    await Calls(store).save(replace(made, ended_at=START - HOUR))
    (stored,) = await Calls(store).list()
    assert (stored.call.started_at, stored.call.connected_at, stored.call.ended_at) == (START,) * 3
    await Calls(store).save(replace(call(ours, result=CallResult.BUSY), connected_at=None))
    assert [one.call.connected_at for one in await Calls(store).list(limit=2)].count(None) == 1


async def test_a_call_that_was_not_put_through_reached_nobody(store: Database) -> None:
    calls, ours, line = Calls(store), await own_modem(store), await called_line(store)
    await calls.save(call(ours, result=CallResult.NO_ANSWER))
    await calls.save(call(ours, result=CallResult.BUSY, number="+77019999999"))
    (remote,) = await Modems(store).list(search=NUMBER)
    assert remote.last_contact_at is None
    assert [(one.call.result, one.line_id) for one in await calls.list(modem_id=remote.id)] == [
        (CallResult.NO_ANSWER, line)
    ]
    with pytest.raises(ReadingConflict):
        await calls.save(call(77))


async def test_calls_are_listed_newest_first_by_modem_and_by_line(store: Database) -> None:
    calls, line = Calls(store), await called_line(store)
    first, second = await own_modem(store), await own_modem(store, "tcp://10.0.0.2:4001")
    made = [call(first if n % 2 else second, START + n * MINUTE) for n in range(6)]
    for one in made:
        await calls.save(one)
    assert [one.call for one in await calls.list()] == made[::-1]
    assert [one.call for one in await calls.list(modem_id=first)] == made[::-2]
    assert [one.call for one in await calls.list(line_id=line, after=made[3].id, limit=2)] == [
        made[2],
        made[1],
    ]
    assert await calls.list(line_id=77) == []


async def test_a_strangers_visits_are_added_up(store: Database) -> None:
    quarantine = Quarantine(store)
    await quarantine.seen([STRANGER, replace(STRANGER, last_at=START + HOUR, times=4, address="10.1.1.2")])
    later = replace(STRANGER, first_at=START + DAY, last_at=START + DAY, times=7, hello=b"IMEI2")
    await quarantine.seen([later])
    await quarantine.seen([])
    assert await quarantine.list() == [replace(later, first_at=START, times=12)]
    assert await quarantine.forget(STRANGER.identity)
    assert not await quarantine.forget(STRANGER.identity)
    assert await quarantine.list() == []


async def test_the_quarantine_is_bounded_and_read_page_by_page(store: Database) -> None:
    quarantine = Quarantine(store)
    over = 500
    strangers = [
        replace(STRANGER, identity=f"device-{n:05}", first_at=START, last_at=START + n * MINUTE)
        for n in range(MOST_STRANGERS + over)
    ]
    for start in range(0, len(strangers), 5000):
        await quarantine.seen(strangers[start : start + 5000])
    assert await store.value("select count(*) from stranger") == MOST_STRANGERS
    newest = strangers[::-1]
    page = await quarantine.list(limit=3)
    assert page == newest[:3]
    assert await quarantine.list((page[-1].last_at, page[-1].identity), 3) == newest[3:6]
    assert await store.value("select min(identity) from stranger") == strangers[over].identity


@pytest.mark.parametrize(
    ("said", "kept"),
    [("a\0b", "ab"), ("x" * 5000, "x" * LONGEST_WORD), ("\udcff", "?"), ("'; drop table modem", None)],
    ids=["zero byte", "endless", "half a character", "SQL"],
)
async def test_a_hostile_hello_is_kept_as_far_as_it_fits(
    database: Database, said: str, kept: str | None
) -> None:
    quarantine = Quarantine(database)
    hostile = replace(STRANGER, identity=said, hello=b"\xff" * 5000)
    await quarantine.seen([hostile, STRANGER, replace(STRANGER, identity="\0")])
    stored = {one.identity: one.hello for one in await quarantine.list()}
    assert stored == {kept or said: b"\xff" * LONGEST_HELLO, STRANGER.identity: STRANGER.hello}


RULE = SurveyRule(adequate=Decimal("-80.5"), losses=Decimal("0.05"))
SAMPLES = [
    Sample(START + HOUR, EVERYTHING),
    Sample(START + HOUR + MINUTE, None),
    Sample(START + HOUR + 2 * MINUTE, SignalReport("CSQ 14,99", Decimal(-85))),
]
FINDINGS = SurveyFindings(
    3, 2, 1, Decimal("-72.75"), Decimal(-85), Decimal("-60.5"), Decimal("24.5"), Verdict.INADEQUATE,
    "Один отсчёт из трёх потерян.", RULE,
)  # fmt: skip


def asked(line: int | None, **particulars: object) -> SurveyRequest:
    return replace(
        SurveyRequest(START, 20, timedelta(seconds=3), RULE, line, site="Подвал", engineer="Иванов"),
        **particulars,  # type: ignore[arg-type]
    )


async def test_a_survey_of_a_line_is_asked_made_and_kept(store: Database) -> None:
    surveys, line = Surveys(store), await inbound_line(store)
    survey = await surveys.request(asked(line.line_id, sim="8999701", note="антенна снаружи"))
    (waiting,) = await surveys.waiting(line.line_id)
    assert waiting.id == survey
    assert (waiting.state, waiting.findings) == (SurveyState.QUEUED, None)
    assert waiting.request == asked(line.line_id, sim="8999701", note="антенна снаружи")
    assert await surveys.start(survey, START + HOUR)
    assert [one.state for one in await surveys.waiting(line.line_id)] == [SurveyState.RUNNING]
    await surveys.finish(survey, START + 2 * HOUR, FINDINGS, SAMPLES)
    done = await surveys.get(survey)
    assert done is not None
    assert (done.state, done.started_at, done.finished_at) == (
        SurveyState.DONE,
        START + HOUR,
        START + 2 * HOUR,
    )
    assert (done.findings, done.modem_id) == (FINDINGS, line.modem_id)
    assert await surveys.samples(survey) == tuple(SAMPLES)
    assert await surveys.waiting(line.line_id) == []
    series = await Signals(store).series(line.modem_id, START, START + DAY)
    assert series == [SignalLevel(s.at, SignalSource.SURVEY, s.report) for s in SAMPLES if s.report]
    assert await store.value("select count(*) from signal_level where survey_id = $1", survey) == 2


async def test_a_survey_over_an_engineers_laptop_has_no_line(store: Database) -> None:
    surveys = Surveys(store)
    survey = await surveys.request(asked(None, url="serial:/dev/ttyUSB0"))
    assert await surveys.start(survey, START)
    await surveys.finish(survey, START + HOUR, replace(FINDINGS, median=None), SAMPLES)
    done = await surveys.get(survey)
    assert done is not None and done.findings is not None
    assert (done.modem_id, done.request.url, done.findings.median) == (None, "serial:/dev/ttyUSB0", None)
    assert await surveys.samples(survey) == tuple(SAMPLES)


async def test_a_survey_ends_once(store: Database) -> None:
    surveys = Surveys(store)
    survey = await surveys.request(asked(None))
    await surveys.fail(survey, START + HOUR, "The modem is silent.")
    await surveys.finish(survey, START + 2 * HOUR, FINDINGS, SAMPLES)
    assert not await surveys.start(survey, START + 3 * HOUR)
    failed = await surveys.get(survey)
    assert failed is not None
    assert (failed.state, failed.message, failed.findings) == (
        SurveyState.FAILED,
        "The modem is silent.",
        None,
    )
    assert failed.finished_at == START + HOUR
    assert await surveys.samples(survey) == ()


@pytest.mark.parametrize("made", [True, False], ids=["made", "failed"])
async def test_a_survey_ends_also_when_the_clock_was_set_back(store: Database, made: bool) -> None:
    surveys = Surveys(store)
    survey = await surveys.request(asked(None))
    await surveys.start(survey, START + HOUR)
    ended = surveys.finish(survey, START, FINDINGS, SAMPLES) if made else surveys.fail(survey, START, "No.")
    await ended
    stored = await surveys.get(survey)
    assert stored is not None
    assert stored.started_at == stored.finished_at == START + HOUR


async def test_surveys_are_listed_newest_first(store: Database) -> None:
    surveys, line = Surveys(store), (await inbound_line(store)).line_id
    ids = [
        await surveys.request(asked(line if n % 2 else None, requested_at=START + n * HOUR)) for n in range(5)
    ]
    assert [one.id for one in await surveys.list()] == ids[::-1]
    assert [one.id for one in await surveys.list(after=ids[3], limit=2)] == [ids[2], ids[1]]
    assert [one.id for one in await surveys.list(line_id=line)] == [ids[3], ids[1]]
    assert await surveys.get(uuid4()) is None
    assert await surveys.samples(uuid4()) == ()


@pytest.mark.parametrize("wrong", [{"line_id": 77}, {"samples_wanted": 0}], ids=["line", "samples"])
async def test_a_survey_that_cannot_be_made_is_refused(database: Database, wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError, match="survey"):
        await Surveys(database).request(asked(None, **wrong))


async def test_a_falling_signal_is_reported_with_its_figures_the_worst_first(store: Database) -> None:
    signals, now, drops = Signals(store), START + 40 * DAY, {"a": 0, "b": 4, "c": 11, "d": 6}
    modems = {name: (await inbound_line(store, name)).modem_id for name in drops}
    said = {
        name: {
            now - n * 5 * HOUR: Decimal(-70 - n * 37 % 5 - (drop if n * 5 < 24 else 0)) for n in range(150)
        }
        for name, drop in drops.items()
    }
    for name, levels in said.items():
        await signals.add(modems[name], [level(at, dbm) for at, dbm in levels.items()])
    expected = []
    for name, levels in said.items():
        new = [dbm for at, dbm in levels.items() if now - DAY < at]
        old = [dbm for at, dbm in levels.items() if now - 31 * DAY < at <= now - DAY]
        figures = (name, rounded(mean(old)), rounded(mean(new)), len(new), len(old))
        if figures[1] - figures[2] >= 5:
            expected.append(figures)
    found = await ModemReports(store).falling(now, Decimal(5))
    assert [
        (one.modem.identity, one.before, one.level, one.samples, one.samples_before) for one in found
    ] == sorted(expected, key=lambda figures: figures[2] - figures[1])
    assert [one.drop for one in found] == [one.before - one.level for one in found]
    assert [one.modem.identity for one in found] == ["c", "d"]


async def test_a_silent_modem_is_reported_with_its_last_level(store: Database) -> None:
    modems, reports = Modems(store), ModemReports(store)
    await own_modem(store)
    never, old, new = [(await inbound_line(store, name)).modem_id for name in ("never", "old", "new")]
    await modems.heard([Contact(old, START), Contact(new, START + DAY)])
    await Signals(store).add(old, [level(START - HOUR, -101), level(START, None)])
    await store.value("update modem set created_at = $1", START - DAY)
    found = await reports.silent(START + HOUR)
    assert [(one.modem.id, one.last_contact_at, one.level, one.level_at) for one in found] == [
        (never, None, None, None),
        (old, START, Decimal(-101), START - HOUR),
    ]
    assert await reports.silent(START - 2 * DAY) == []


async def test_a_modem_that_was_just_registered_is_not_silent_yet(store: Database) -> None:
    await inbound_line(store)
    assert await ModemReports(store).silent(START) == []


async def test_sims_over_plan_are_reported_with_the_month_the_worst_first(store: Database) -> None:
    modems, reports, today = Modems(store), ModemReports(store), date(2026, 3, 20)
    plans = {"a": (1000, 1), "b": (1000, 15), "c": (None, 1), "d": (5, 25), "e": (10_000, 1)}
    carried: dict[str, dict[date, int]] = {}
    for name, (allowance, starts_on) in plans.items():
        line = await inbound_line(store, name)
        await modems.describe(line.line_id, allowance=allowance, month_starts_on=starts_on)
        carried[name] = {(START + n * DAY).date(): 40 + n for n in range(100)}
        await modems.heard([Contact(line.modem_id, START + n * DAY, sent=n, received=40) for n in range(100)])
    months = {
        "a": (date(2026, 3, 1), date(2026, 4, 1)),
        "b": (date(2026, 3, 15), date(2026, 4, 15)),
        "d": (date(2026, 2, 25), date(2026, 3, 25)),
        "e": (date(2026, 3, 1), date(2026, 4, 1)),
    }
    used = {
        name: sum(bytes_ for day, bytes_ in carried[name].items() if start <= day < end)
        for name, (start, end) in months.items()
    }
    over = {name: used[name] - plans[name][0] for name in months if used[name] > plans[name][0]}  # type: ignore[operator]
    found = await reports.over_plan(today)
    assert [one.modem.identity for one in found] == sorted(over, key=lambda name: -over[name])
    assert "e" not in over and len(over) == 3
    for one in found:
        assert (one.month.start, one.month.end) == months[one.modem.identity]
        assert one.month.sent + one.month.received == used[one.modem.identity]
        assert one.month == await modems.month_traffic(one.modem.id, today)
