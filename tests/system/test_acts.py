"""A meter that is read live fills an act's form; what does not fit is named, and the act is registered."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

from billing.acts import ActDesk, Draft
from metering.acts import ActKind
from metering.components import Component, ComponentKind
from metering.plans import PollPlan
from metering.reasons import Because
from metering.requests import PollRequest, RequestKind, RequestState
from metering.signals import SignalLevel, SignalReport, SignalSource
from metering.surveys import SurveyRule
from storage.acts import Acts
from storage.components import Components, StoredComponent
from storage.poll_requests import PollRequests
from storage.pool import Database
from storage.readings import Readings
from storage.signals import Signals
from storage.usage_points import Registry
from teplo.composition import clock
from tests.support.commands import teplo
from tests.system.house import ARCHIVES, collector, line, running_house, serve, working

HOUSE = line("modbus-rtu", "vzlet-tsrv-024m 1100341 1")
SELDOM = PollPlan(every=timedelta(days=365), retry=timedelta(days=1), archives=ARCHIVES)
LEVEL = Decimal(-95)


async def drafted(database: Database, meter_id: int, state: RequestState = RequestState.DONE) -> Draft:
    """The form of a live poll, that ended so."""
    (served,) = await Registry(database).lines()
    requests, desk = PollRequests(database), ActDesk(database, SurveyRule())
    asked = await requests.ask(PollRequest(uuid4(), meter_id, RequestKind.NOW, "engineer", clock()))
    await serve(collector(database, plan=SELDOM), served.id)
    ended = await requests.get(asked.id)
    assert ended is not None
    assert (ended.state, ended.poll_id is not None) == (state, True), ended.message
    (usage_point,) = await Registry(database).usage_points()
    draft = await desk.draft(
        ActKind.ADMISSION, await desk.point(usage_point.id, clock()), ended.poll_id or uuid4()
    )
    assert draft is not None
    return draft


async def put_modem(database: Database) -> None:
    """The line gets a modem with a phone number, which was heard weakly."""
    modem = await database.value(
        "insert into modem (kind, identity, line_id, phone) select 'remote', 'm1', id, '+77015550001' "
        "from line returning id"
    )
    heard = SignalLevel(clock(), SignalSource.REPORT, SignalReport("CSQ 9,99", LEVEL))
    await Signals(database).add(modem, [heard])


async def test_a_meter_polled_live_fills_the_form(database: Database) -> None:
    async with running_house(database, HOUSE) as (_, meters):
        await put_modem(database)
        draft = await drafted(database, meters[0].meter_id)
    (served,) = await Registry(database).lines()
    shown = {
        one.quantity: one.value
        for one in await Readings(database).latest_snapshot(meters[0].meter_id)
        if one.circuit == draft.point.circuit and not one.flags
    }
    form = draft.contents
    assert form.serial.lstrip("0") == meters[0].meter.serial
    assert form.parameters.temperature_supply == shown["temperature_supply"] is not None
    assert form.totals.mass_1 == shown["mass_supply"] is not None
    assert form.totals.energy_heating == shown.get("energy_heating")
    assert form.totals.operating_time == shown.get("operating_time", shown.get("on_time"))
    assert (form.parameters.signal_level, form.parameters.phone) == (LEVEL, "+77015550001")
    assert form.parameters.network_address in served.url
    words = {one.word for one in draft.mismatches}
    assert Because.SIGNAL_WEAK in words
    assert not words & {Because.SERIAL_DIFFERS, Because.SERIAL_NOT_TOLD, Because.SIGNAL_UNKNOWN}


async def test_the_calculators_passport_is_compared_with_the_wire(database: Database) -> None:
    passport = Component(ComponentKind.CALCULATOR, "ТСРВ-024М", "1100999", "", date(2025, 1, 1))
    async with running_house(database, HOUSE) as (_, meters):
        await Components(database).put(meters[0].meter_id, StoredComponent(passport, date(2025, 1, 1)))
        draft = await drafted(database, meters[0].meter_id)
    (wrong,) = [one for one in draft.mismatches if one.word is Because.SERIAL_DIFFERS]
    assert ("known", "1100999") in wrong.particulars
    assert draft.contents.components == (passport,)


async def test_another_meter_at_the_address_is_named(database: Database) -> None:
    async with running_house(database, HOUSE) as (_, meters):
        await database.rows("update meter set serial = '1100999'")
        draft = await drafted(database, meters[0].meter_id, RequestState.FAILED)
    words = {one.word for one in draft.mismatches if one.hinders}
    assert Because.SERIAL_DIFFERS in words
    told = next(one for one in draft.mismatches if one.word is Because.SERIAL_DIFFERS)
    assert dict(told.particulars)["told"].lstrip("0") == meters[0].meter.serial


async def test_an_engineer_drafts_completes_and_registers_an_act(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    """One admission from the live poll to the list, by commands alone."""
    file = tmp_path / "act.json"
    settings = {"TEPLO_DATABASE_URL": database_url, "TEPLO_LANGUAGE": "en"}
    async with running_house(database, HOUSE), working(collector(database, plan=SELDOM)):
        (point,) = await Registry(database).usage_points()
        code, output, errors = await teplo(
            "act", "draft", point.code, "admission", "--file", str(file), **settings
        )
    assert code == 0, errors
    assert "1100341" in output
    form = json.loads(file.read_text("utf-8"))
    assert form["usage_point"] == point.code
    form["contents"]["conclusion"] = "Допущен."
    file.write_text(json.dumps(form), "utf-8")
    at = (clock() - timedelta(minutes=1)).isoformat()
    signing = ("act", "register", str(file), "--at", at, "--by", "A. Serikova")
    code, _, errors = await teplo(*signing, **settings)
    assert code == 7
    assert "No component of the meter is on record" in errors
    code, output, errors = await teplo(*signing, "--in-spite-of", "The papers are at the office.", **settings)
    assert code == 0, errors
    (stored,) = await Acts(database).list()
    assert (stored.number, stored.entered_by) == ("ОПУ-АД-1", "A. Serikova")
    assert (stored.contents.conclusion, str(stored.poll_id)) == ("Допущен.", form["poll"])
    assert stored.contents.in_spite_of == "The papers are at the office."
    assert any("No component" in one for one in stored.contents.objections)
    annulling = ("act", "annul", "ОПУ-АД-1", "--because", "wrong entrance", "--by", "chief")
    assert (await teplo(*annulling, **settings))[0] == 0
    code, output, _ = await teplo("act", "list", "--point", point.code, **settings)
    assert (code, "wrong entrance" in output) == (0, True)
    code, output, _ = await teplo("act", "operation-sheet", point.code, "--at", at, **settings)
    assert code == 1
    assert "every hour is recorded: not met" in output
