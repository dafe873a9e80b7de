"""A signal survey is asked for, joins the line's queue, and is answered with its verdict and its rule."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response

from api.app import create_app
from metering.signals import Registration, SignalReport
from metering.surveys import Sample, SurveyRule, judge
from storage.jobs import Jobs
from storage.pool import Database
from storage.surveys import Surveys
from tests.api.modem_network import ModemNetwork, build_modems
from tests.api.network import NOW

SURVEYS = "/api/v1/signal-surveys"
WORDS = {
    "site": "Абая 12, подвал",
    "sim": "8999701560000000001",
    "operator": "KCELL",
    "engineer": "А. Сериков",
    "note": "Aerial on the north wall.\nMains socket: yes.",
}


@pytest.fixture
async def modems(database: Database) -> ModemNetwork:
    return await build_modems(database)


async def asked(client: AsyncClient, line_id: int, **particulars: Any) -> Response:
    return await client.post(SURVEYS, json={"line_id": line_id, **particulars})


async def made(client: AsyncClient, line_id: int, **particulars: Any) -> Any:
    """The survey as it is found under the link that the request was answered with."""
    answer = await asked(client, line_id, **particulars)
    assert answer.status_code == 202, answer.text
    return (await client.get(answer.json()["link"])).json()


def samples(*levels: int | None) -> list[Sample]:
    said = [
        SignalReport(f"{dbm}", Decimal(dbm), registration=Registration.HOME)
        if dbm is not None
        else SignalReport("CSQ 99,99")
        for dbm in levels
    ]
    return [Sample(NOW + timedelta(seconds=3 * number), report) for number, report in enumerate(said)]


async def test_a_request_is_answered_with_its_link(client: AsyncClient, modems: ModemNetwork) -> None:
    answer = await asked(client, modems.connected_line, samples=30, every=2)
    body = answer.json()
    assert (answer.status_code, body["status"], body["line_id"]) == (202, "queued", modems.connected_line)
    assert answer.headers["location"] == body["link"] == f"{SURVEYS}/{body['id']}"
    survey = (await client.get(body["link"])).json()
    assert (survey["state"], survey["samples_wanted"]) == ("queued", 30)
    assert survey["every"] == {"value": "2", "unit": "s"}
    assert (survey["requested_at"], survey["started_at"]) == ("2026-02-01T09:00:00Z", None)
    assert (survey["findings"], survey["samples"]) == (None, [])


@pytest.mark.parametrize(
    ("line", "queue"),
    [("called_line", "serve_line@pool:main"), ("connected_line", "serve_line@almaty-1")],
)
async def test_the_job_goes_to_whoever_reaches_the_modem(
    client: AsyncClient, modems: ModemNetwork, database: Database, line: str, queue: str
) -> None:
    await made(client, getattr(modems, line))
    assert await Jobs(database).depth() == {(queue, "queued"): 1}


async def test_a_poll_request_goes_to_whoever_holds_the_connection(
    client: AsyncClient, modems: ModemNetwork, database: Database
) -> None:
    await client.post(f"/api/v1/lines/{modems.connected_line}/poll-requests")
    assert await Jobs(database).depth() == {("serve_line@almaty-1", "queued"): 1}


async def test_who_asked_and_where_is_kept(client: AsyncClient, modems: ModemNetwork) -> None:
    survey = await made(client, modems.connected_line, **WORDS)
    assert {name: survey[name] for name in WORDS} == WORDS


async def test_a_survey_that_is_done(client: AsyncClient, modems: ModemNetwork, database: Database) -> None:
    asked_for = await made(client, modems.connected_line)
    taken = samples(-85, -86, None, *[-84] * 17)
    findings = judge(taken, SurveyRule())
    (waiting,) = await Surveys(database).waiting(modems.connected_line)
    await Surveys(database).start(waiting.id, NOW)
    await Surveys(database).finish(waiting.id, NOW + timedelta(minutes=1), findings, taken)
    survey = (await client.get(asked_for["link"])).json()
    assert (survey["state"], survey["modem_id"], survey["message"]) == ("done", modems.connected, "")
    assert (survey["started_at"], survey["finished_at"]) == ("2026-02-01T09:00:00Z", "2026-02-01T09:01:00Z")
    assert survey["findings"] == {
        "samples": 20,
        "heard": 19,
        "lost": 1,
        "median": {"value": "-84", "unit": "dBm"},
        "lower": {"value": "-85", "unit": "dBm"},
        "upper": {"value": "-84", "unit": "dBm"},
        "spread": {"value": "1", "unit": "dB"},
        "verdict": "marginal",
        "reason": findings.reason,
    }
    first, _, lost, *_ = survey["samples"]
    assert (first["level"], first["lost"]) == ({"value": "-85", "unit": "dBm"}, False)
    assert (lost["level"], lost["absence"]) == (None, "not_known")
    assert (lost["raw"], lost["lost"]) == ("CSQ 99,99", True)
    assert len(survey["samples"]) == 20


async def test_a_survey_that_failed_says_why(
    client: AsyncClient, modems: ModemNetwork, database: Database
) -> None:
    asked_for = await made(client, modems.connected_line)
    (waiting,) = await Surveys(database).waiting(modems.connected_line)
    await Surveys(database).fail(waiting.id, NOW, "The modem is not connected to us now.")
    survey = (await client.get(asked_for["link"])).json()
    assert (survey["state"], survey["message"]) == ("failed", "The modem is not connected to us now.")
    assert survey["findings"] is None


async def test_the_rule_is_the_utilitys_with_the_clauses_of_the_request(
    database: Database, client: AsyncClient, modems: ModemNetwork
) -> None:
    utility = SurveyRule(adequate=Decimal("-80.5"), fewest=10)
    transport = ASGITransport(create_app(database, now=lambda: NOW, survey_rule=utility))
    async with AsyncClient(transport=transport, base_url="http://teplo", headers=client.headers) as theirs:
        clauses = {"steady": "6", "losses": "0.05"}
        rule = (await made(theirs, modems.connected_line, rule=clauses))["rule"]
    applied = SurveyRule(Decimal("-80.5"), steady=Decimal(6), losses=Decimal("0.05"), fewest=10)
    assert rule == {
        "adequate": {"value": "-80.5", "unit": "dBm"},
        "marginal": {"value": "-93", "unit": "dBm"},
        "steady": {"value": "6", "unit": "dB"},
        "losses": "0.05",
        "marginal_losses": "0.1",
        "fewest": 10,
        "words": applied.words,
    }


async def test_a_line_is_surveyed_once_at_a_time(
    client: AsyncClient, modems: ModemNetwork, database: Database
) -> None:
    first = await made(client, modems.connected_line)
    answer = await asked(client, modems.connected_line)
    assert (answer.status_code, first["link"] in answer.json()["detail"]) == (409, True)
    assert (await asked(client, modems.called_line)).status_code == 202
    (waiting,) = await Surveys(database).waiting(modems.connected_line)
    await Surveys(database).fail(waiting.id, NOW, "cancelled")
    assert (await asked(client, modems.connected_line)).status_code == 202


async def test_surveys_are_listed_by_line_and_page_by_page(client: AsyncClient, modems: ModemNetwork) -> None:
    called = (await made(client, modems.called_line))["id"]
    connected = (await made(client, modems.connected_line))["id"]
    by_line = (await client.get(SURVEYS, params={"line_id": modems.called_line})).json()["items"]
    assert [one["id"] for one in by_line] == [called]
    found, cursor = [], {}
    while cursor.get("cursor", "") is not None:
        page = (await client.get(SURVEYS, params={"limit": 1, **cursor})).json()
        found += [one["id"] for one in page["items"]]
        cursor = {"cursor": page["next_cursor"]}
    assert sorted(found) == sorted([called, connected])


@pytest.mark.parametrize(
    "particulars",
    [
        {"samples": 0},
        {"samples": 201},
        {"samples": "20"},
        {"every": 0},
        {"every": 61},
        {"every": 1.5},
        {"samples": 200, "every": 10},
        {"site": "x" * 201},
        {"site": "two\nlines"},
        {"note": "x" * 2001},
        {"note": "a\0b"},
        {"sample": 20},
        {"rule": {"adequate": -83}},
        {"rule": {"adequate": "-95"}},
        {"rule": {"losses": "10"}},
        {"rule": {"fewest": 0}},
        {"rule": {"loud": "1"}},
        {"line_id": 999},
        {"line_id": None},
    ],
    ids=lambda one: ascii(one)[:40],
)
async def test_a_survey_beyond_its_limits_is_refused(
    client: AsyncClient, modems: ModemNetwork, database: Database, particulars: dict[str, Any]
) -> None:
    answer = await client.post(SURVEYS, json={"line_id": modems.connected_line, **particulars})
    assert answer.status_code == 422, answer.text
    assert "body" in answer.json()["detail"]
    assert await Surveys(database).list() == []
    assert await Jobs(database).depth() == {}


async def test_half_an_hour_is_not_too_long(client: AsyncClient, modems: ModemNetwork) -> None:
    assert (await asked(client, modems.connected_line, samples=180, every=10)).status_code == 202
