"""A line is followed back to the bytes of its registers: as JSON, on a page and on paper."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from api.explanations import Part, let_explain
from billing.answers import Answers
from billing.runs import Runner
from metering.evidence import EventKind
from metering.plans import PollPlan
from storage.pool import Database
from storage.register_events import NewEvent, RegisterEvents
from teplo.frames_explained import explained
from tests.api.network import FIRST_POLL, FRAMES, NOW, SECOND_POLL, THIRD_POLL, Network

JANUARY = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}


@pytest.fixture
async def line(client: AsyncClient, database: Database, network: Network) -> str:
    """Where the first line of a run of January over real answers is found: the school's."""
    runner = Runner(database, Answers(database, lambda: NOW, PollPlan()), lambda: NOW)
    run = (await client.post("/api/v1/billing-runs", json={"month": "2026-01"})).headers["Location"]
    await runner.execute_waiting()
    ready = (await client.get(run)).json()
    assert ready["state"] == "ready", ready["message"]
    return f"{run}/lines/1"


async def test_two_runs_of_the_same_data_have_the_same_hash(
    client: AsyncClient, database: Database, line: str
) -> None:
    await client.post("/api/v1/billing-runs", json={"month": "2026-01"})
    await Runner(database, Answers(database, lambda: NOW, PollPlan()), lambda: NOW).execute_waiting()
    second, first = (await client.get("/api/v1/billing-runs")).json()["items"]
    assert second["content_hash"] == first["content_hash"]
    assert second["number"] != first["number"]


async def test_a_period_is_followed_to_the_bytes(app: FastAPI, client: AsyncClient, network: Network) -> None:
    let_explain(app, explained)
    answer = await client.get(f"/api/v1/usage-points/{network.school}/provenance", params=JANUARY)
    (found,) = answer.json()
    assert found["line"]["usage_point_code"] == "UP-1"
    sides = [(one["side"], len(one["sources"]) > 0) for one in found["boundaries"]]
    assert sides == [("opening", True), ("closing", True)] * 2
    raw = found["boundaries"][0]["sources"][0]
    assert (raw["raw_value"], raw["raw_unit"], raw["factor"]) == ("100000", "kWh", "0.0008598")
    assert {one["poll_id"] for one in found["polls"]} >= {str(FIRST_POLL), str(SECOND_POLL)}
    poll = found["polls"][0]
    assert (poll["model"], poll["settings"]) == ("kamstrup-multical-403", {"energy_unit": "kWh"})
    question, answer = poll["frames"]
    assert question["hex"].replace(" ", "") == FRAMES[0].data.hex().upper()
    assert "".join(part["hex"] for part in question["parts"]).replace(" ", "") == FRAMES[0].data.hex().upper()
    assert answer["hex"] == "E5"


async def test_a_frozen_line_is_followed_to_its_polls(client: AsyncClient, line: str) -> None:
    found = (await client.get(f"{line}/provenance")).json()
    frozen = (await client.get(line)).json()
    assert found["line"]["value"] == frozen["value"]
    assert {one["poll_id"] for one in found["polls"]} <= {str(poll) for poll in (FIRST_POLL, SECOND_POLL)}
    assert found["polls"]


async def test_what_was_decided_of_the_registers_is_told(
    client: AsyncClient, database: Database, network: Network
) -> None:
    """A rollover before the period's end and an hour that was read anew; not what came later or elsewhere."""
    events = RegisterEvents(database)
    for circuit, day in ((1, datetime(2026, 1, 5)), (1, datetime(2026, 3, 1)), (2, datetime(2026, 1, 6))):
        place = (network.old_meter, circuit, "energy_heating", day.replace(tzinfo=UTC), EventKind.ROLLOVER)
        levels = (Decimal("9999.9"), Decimal("0.2"), Decimal(10000))
        await events.add(NewEvent(*place, *levels, "act 118"), "A. Serikova", NOW)
    path = f"/api/v1/usage-points/{network.school}/provenance"
    (found,) = (await client.get(path, params=JANUARY)).json()
    (event,) = found["decisions"]["register_events"]
    assert (event["at"], event["decided_by"], event["capacity"]) == (
        "2026-01-05T00:00:00Z", "A. Serikova", "10000",
    )  # fmt: skip
    (revision,) = found["decisions"]["revisions"]
    assert (revision["kind"], revision["value"]) == ("hour", "0.0051588")
    assert revision["replaced_by"] == str(THIRD_POLL)


async def test_how_many_decisions_are_not_told_is_told(
    client: AsyncClient, database: Database, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of three rollovers on the 3rd, 4th and 5th, and of the revisions, the newest."""
    monkeypatch.setattr("billing.provenance.MOST_EVENTS", 2)
    monkeypatch.setattr("billing.provenance.MOST_REVISIONS", 0)
    for day in (3, 4, 5):
        place = (
            network.old_meter,
            1,
            "energy_heating",
            datetime(2026, 1, day, tzinfo=UTC),
            EventKind.ROLLOVER,
        )
        levels = (Decimal("9999.9"), Decimal("0.2"), Decimal(10000))
        await RegisterEvents(database).add(NewEvent(*place, *levels), "A. Serikova", NOW)
    path = f"/api/v1/usage-points/{network.school}/provenance"
    (found,) = (await client.get(path, params=JANUARY)).json()
    decisions = found["decisions"]
    assert [one["at"][:10] for one in decisions["register_events"]] == ["2026-01-04", "2026-01-05"]
    assert (decisions["register_events_left_out"], decisions["revisions_left_out"]) == (1, 1)


class Links(HTMLParser):
    """What a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found += [f"{tag} {name}" for name, _ in attributes if name in ("src", "href")]


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
async def test_the_page_is_whole_and_its_texts_are_escaped(
    app: FastAPI, client: AsyncClient, line: str, language: str
) -> None:
    def marked(model: str, frame: bytes) -> Sequence[Part]:
        return [Part(0, frame, "<script>alert(1)</script>")]

    let_explain(app, marked)
    answer = await client.get(f"{line}/provenance.html", params={"language": language})
    links = Links()
    links.feed(answer.text)
    assert (answer.status_code, links.found) == (200, [])
    assert "&lt;script&gt;" in answer.text
    assert "<script>" not in answer.text
    assert f'<html lang="{language}">' in answer.text
    assert "E5" in answer.text


async def test_the_page_on_paper(client: AsyncClient, line: str) -> None:
    answer = await client.get(f"{line}/provenance.pdf", params={"language": "kk"})
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")


async def test_a_line_that_is_nowhere(client: AsyncClient, line: str) -> None:
    missing = line.removesuffix("1") + "999"
    assert (await client.get(f"{missing}/provenance")).status_code == 404


def test_what_is_no_frame_is_not_explained() -> None:
    assert explained("kamstrup-multical-403", b"\x00\x01") == ()
    assert explained("nobody", b"\xe5") == ()
