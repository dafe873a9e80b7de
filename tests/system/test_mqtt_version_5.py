"""What the writer says to a broker of MQTT 5: its session, flow control, sharing, acknowledgement."""

from __future__ import annotations

import asyncio
import struct

from collector.entries import Entry
from collector.mqtt import topics
from collector.mqtt.address import BrokerAddress
from collector.mqtt.connection import MOST_UNACKNOWLEDGED, SESSION_LIFE
from collector.supervisor import supervise
from storage.polls import Polls
from storage.pool import Database
from storage.push import DeadLetters
from teplo.regional_running import writer
from teplo.settings import Settings
from tests.support import registry as made
from tests.support.broker import running, until
from tests.support.mqtt5 import CONNECT, PUBACK, SUBSCRIBE, Heard, filters, scripted_broker

WRITER = Settings(push="wmbusmeters", writer_name="w")


async def test_it_keeps_its_session_bounds_the_flow_and_shares_its_subscription(database: Database) -> None:
    async with scripted_broker() as (port, heard):
        here = writer(database, WRITER, BrokerAddress("127.0.0.1", port), tick=60.0)
        async with running(lambda stop: here._read(stop)):
            connect = await heard.next(CONNECT)
            subscribed, _ = filters(await heard.next(SUBSCRIBE))
            await here.ready.wait()
    # 3.1.2: name and version of the protocol; flags: no clean start, no will, no user.
    assert connect[:8] == b"\x00\x04MQTT\x05\x00"
    # 3.1.2.11: session expiry interval (11), receive maximum (21).
    assert b"\x11" + struct.pack(">I", SESSION_LIFE) in connect
    assert b"\x21" + struct.pack(">H", MOST_UNACKNOWLEDGED) in connect
    assert subscribed == ["$share/teplo/teplo/reports/#", "$share/teplo/wmbusmeters/+"]


async def test_a_message_is_acknowledged_after_it_was_stored(database: Database) -> None:
    place = await made.place(database)
    report = made.report(place.meter)
    topic, payload = topics.report("main", "report"), Entry.of_report(report).packed()
    async with scripted_broker() as (port, heard):
        here = writer(database, WRITER, BrokerAddress("127.0.0.1", port), tick=60.0)
        async with running(lambda stop: here._read(stop)):
            await here.ready.wait()
            async with database.transaction() as connection:
                await connection.fetchval("select id from meter where id = $1 for update", place.meter)
                await heard.send(topic, payload, 7)
                await until(lambda: waiting(database))
                assert not await acknowledged(heard)
            body = await heard.next(PUBACK)
            assert struct.unpack_from(">H", body)[0] == 7
            assert [one.id for one in await Polls(database).list()] == [report.id]


async def test_a_message_that_nobody_understands_is_acknowledged_once_it_is_kept(database: Database) -> None:
    async with scripted_broker() as (port, heard):
        here = writer(database, WRITER, BrokerAddress("127.0.0.1", port), tick=60.0)
        async with running(lambda stop: here._read(stop)):
            await here.ready.wait()
            await heard.send("wmbusmeters/x", b"rubbish", 9)
            assert struct.unpack_from(">H", await heard.next(PUBACK))[0] == 9
    (letter,) = await DeadLetters(database).list()
    assert letter.payload == b"rubbish"


async def test_after_a_break_it_takes_up_its_session(database: Database) -> None:
    async with scripted_broker() as (port, heard):
        here = writer(database, WRITER, BrokerAddress("127.0.0.1", port), tick=60.0)
        async with running(lambda stop: supervise({"messages": here._read}, stop)):
            first = await heard.next(CONNECT)
            await heard.next(SUBSCRIBE)
            heard.cut()
            again = await heard.next(CONNECT)
            assert filters(await heard.next(SUBSCRIBE))[0][0].startswith("$share/teplo/")
    # The same client, and no clean start.
    assert again == first


async def waiting(database: Database) -> bool:
    """Whether somebody waits for the locked meter."""
    return bool(await database.value("select count(*) from pg_locks where not granted"))


async def acknowledged(heard: Heard) -> bool:
    await asyncio.sleep(0)
    return any(kind == PUBACK for kind, _, _ in list(heard.packets._queue))  # type: ignore[attr-defined]
