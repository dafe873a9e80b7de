"""Notices of ready runs: to a real HTTP server, and over a real broker."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from billing.notices import MOST_ATTEMPTS, Announcer, pause_after
from billing.posting import post
from billing.runs import Runner
from collector.mqtt.address import BrokerAddress
from metering.billing_scope import BillingScope
from metering.errors import LineUnavailable
from storage.billing_runs import BillingRuns, RunRequest
from storage.keys import ApiKeys
from storage.pool import Database
from storage.webhooks import Notice, NoticeState, Webhooks
from teplo.billing_service import publish_at
from tests.support.billing_lines import JANUARY, Told, line
from tests.support.broker import broker, gateway
from tests.support.registry import place

__all__ = ["broker"]

NOW = datetime(2026, 2, 3, 9, tzinfo=UTC)
SECRET = "J3xg8pQm0aYw2uBf"
OK = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass
class Receiver:
    """A billing system that takes notices; `answers` in turn, then OK. None: it says nothing at all."""

    url: str = ""
    answers: list[bytes | None] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    conversations: set[asyncio.Task[None]] = field(default_factory=set)

    def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.conversations.add(asyncio.ensure_future(self.serve(reader, writer)))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(dict(one.split(": ", 1) for one in head.splitlines()[1:] if one))
        self.bodies.append(await reader.readexactly(int(self.heads[-1]["Content-Length"])))
        answer = self.answers.pop(0) if self.answers else OK
        with suppress(OSError):
            if answer is None:
                await reader.read()
            else:
                writer.write(answer)
            writer.close()
            await writer.wait_closed()


@asynccontextmanager
async def receiving(*answers: bytes | None) -> AsyncIterator[Receiver]:
    receiver = Receiver(answers=list(answers))
    server = await asyncio.start_server(receiver.answer, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/teplo?from=api"
    async with server:
        yield receiver
        await asyncio.gather(*receiver.conversations)


@pytest.fixture
async def hear(database: Database) -> Callable[..., object]:
    """Makes a run ready, of which this address is to be told."""
    point = (await place(database)).usage_point

    async def ready(url: str | None = None, *, over_mqtt: bool = False) -> int:
        if url is not None:
            key, _ = await ApiKeys(database).create("operator", [])
            await Webhooks(database).register(url, SECRET, key, "operator", NOW)
        run = await BillingRuns(database).create(RunRequest(JANUARY, BillingScope(), "billing", NOW))
        await Runner(database, Told([line(point)]), lambda: NOW, over_mqtt=over_mqtt).execute_waiting()
        return run.number

    return ready


async def told(database: Database, run: int) -> Notice:
    (notice,) = await Webhooks(database).notices(run)
    return notice


async def test_a_webhook_is_told_once_and_signed(database: Database, hear: Callable[..., object]) -> None:
    async with receiving() as receiver:
        run = await hear(receiver.url)  # type: ignore[misc]
        announcer = Announcer(database, lambda: NOW)
        assert [await announcer.tell_due() for _ in range(2)] == [1, 0]
    (head,), (body,) = receiver.heads, receiver.bodies
    stamp, signed = (part.split("=")[1] for part in head["Teplo-Signature"].split(","))
    assert int(stamp) == int(NOW.timestamp())
    assert signed == hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    said = json.loads(body)
    assert (said["run"], said["kind"], said["month"], said["lines"]) == (run, "run", "2026-01-01", 1)
    notice = await told(database, run)
    assert (notice.state, notice.attempts, str(notice.id)) == (NoticeState.DELIVERED, 1, head["Teplo-Notice"])


async def test_what_was_not_taken_is_told_again_until_it_is_given_up(
    database: Database, hear: Callable[..., object]
) -> None:
    at = [NOW]
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/\r\n\r\n"
    async with receiving(*[moved] * MOST_ATTEMPTS) as receiver:
        run = await hear(receiver.url)  # type: ignore[misc]
        announcer = Announcer(database, lambda: at[0])
        while (notice := await told(database, run)).state is NoticeState.WAITING:
            at[0] = notice.next_at
            assert await announcer.tell_due() == 1
        assert await announcer.tell_due() == 0
    assert (notice.state, notice.attempts) == (NoticeState.GIVEN_UP, MOST_ATTEMPTS)
    assert "302" in notice.message
    assert [one.given_up for one in await Webhooks(database).list()] == [1]


async def test_a_disabled_webhook_is_told_nothing(database: Database, hear: Callable[..., object]) -> None:
    async with receiving() as receiver:
        run = await hear(receiver.url)  # type: ignore[misc]
        (webhook,) = await Webhooks(database).list()
        await Webhooks(database).disable(webhook.id, NOW)
        await Announcer(database, lambda: NOW).tell_due()
    assert receiver.bodies == []
    assert (await told(database, run)).state is NoticeState.GIVEN_UP


async def test_a_notice_over_mqtt(
    database: Database, hear: Callable[..., object], broker: BrokerAddress
) -> None:
    run = await hear(over_mqtt=True)  # type: ignore[misc]
    assert await Announcer(database, lambda: NOW).tell_due() == 0
    async with gateway(broker) as listener:
        await listener.subscribe(["teplo/billing-runs/+"])

        async def publish(topic: str, payload: bytes) -> None:
            await publish_at(broker, topic, payload)

        await Announcer(database, lambda: NOW, publish).tell_due()
        (arrival,) = await listener.arrivals(1, asyncio.Event())
    assert arrival.topic == f"teplo/billing-runs/{run}"
    assert json.loads(arrival.payload)["run"] == run
    assert (await told(database, run)).state is NoticeState.DELIVERED


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "did not answer within"),
        (b"220 mail.example ESMTP\r\n", "speaks no HTTP"),
        (b"", "speaks no HTTP"),
        (b"HTTP/1.1 " + b"2" * 10_000, "speaks no HTTP"),
        (b"HTTP/1.1 500 Internal Server Error\r\n\r\n", "answered 500"),
    ],
    ids=["silence", "another protocol", "nothing", "an endless line", "refused"],
)
async def test_whatever_answers_is_dealt_with(answer: bytes | None, words: str) -> None:
    async with receiving(answer) as receiver:
        with pytest.raises(LineUnavailable, match=words):
            await post(receiver.url, {}, b"{}", longest=0.2)


async def test_nobody_is_there() -> None:
    async with receiving() as receiver:
        pass
    with pytest.raises(LineUnavailable, match="cannot be reached"):
        await post(receiver.url, {}, b"{}")


def test_pauses_double_up_to_an_hour_and_end() -> None:
    """15 s · 2^n: 15, 30, ... 1920 s, then an hour."""
    pauses = [pause_after(attempt) for attempt in range(1, MOST_ATTEMPTS + 1)]
    assert pauses[:3] == [timedelta(seconds=15), timedelta(seconds=30), timedelta(minutes=1)]
    assert pauses[-2:] == [timedelta(hours=1), None]
