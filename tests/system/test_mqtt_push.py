"""Pushed readings from a broker to the database: the writer, the embedded broker and PostgreSQL, for real."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from collector.mqtt.address import BrokerAddress
from metering.polls import HoldReason, Outcome
from storage.polls import Polls
from storage.pool import Database
from storage.push import DeadLetters
from storage.quarantine import Quarantine
from storage.readings import Readings
from storage.usage_points import Registry
from teplo.regional_running import writer
from teplo.settings import Settings
from tests.support.broker import broker, gateway, running, until

__all__ = ["broker"]

SERIAL = "70444600"
TELEGRAM = {
    "_": "telegram", "media": "heat", "meter": "ultraheat", "name": "MyUltra", "id": SERIAL,
    "flow_m3h": 0.808, "flow_c": 52, "heat_kwh": 8974.444444, "power_kw": 0.5, "return_c": 51,
    "volume_m3": 1995.07, "meter_datetime": "2022-01-10 10:49", "status": "OK",
    "timestamp": "2022-01-10T09:49:03Z",
}  # fmt: skip
"""mqtt-wmbus.md section 1.2."""
AT = datetime(2022, 1, 10, 9, 49, 3, tzinfo=UTC)
DAY = timedelta(days=1)
TOPIC = f"wmbusmeters/{SERIAL}"


def told(**changes: Any) -> bytes:
    return json.dumps({**TELEGRAM, **changes}).encode()


async def pushing_meter(database: Database) -> int:
    registry = Registry(database)
    line = await registry.add_line("mqtt:wmbusmeters", "wmbusmeters")
    return await registry.add_meter(SERIAL, "landis-gyr-uh50", SERIAL, line, "+01:00", polled=False)


@asynccontextmanager
async def reading_broker(database: Database, address: BrokerAddress) -> AsyncIterator[None]:
    """A writer that has subscribed to what wmbusmeters publishes."""
    here = writer(database, Settings(push="wmbusmeters", writer_name="w"), address, tick=0.1)
    async with running(here.run):
        await here.ready.wait()
        yield


async def test_a_telegram_becomes_a_poll_with_its_payload_as_the_frame(
    database: Database, broker: BrokerAddress
) -> None:
    meter, polls = await pushing_meter(database), Polls(database)
    async with reading_broker(database, broker), gateway(broker) as sender:
        await sender.publish(TOPIC, told())
        (poll,) = await until(lambda: polls.list(meter))
        snapshots = await Readings(database).snapshots(meter, AT - DAY, AT + DAY)
    assert (poll.outcome, poll.started_at, poll.collector) == (Outcome.OK, AT, "mqtt:wmbusmeters")
    (frame,) = await polls.frames(poll.id)
    assert frame.data == told()
    energy = next(one for one in snapshots if one.quantity == "energy_heating")
    assert energy.read_at == AT
    assert energy.origin.raw_value == Decimal("8974.444444")
    # 1 Gcal = 4.1868 GJ, 1 kWh = 3.6 MJ
    expected = Decimal("8974.444444") * Decimal("0.0036") / Decimal("4.1868")
    assert abs(energy.value - expected) < Decimal("1e-11")


async def test_copies_change_nothing_and_what_comes_late_is_no_reset(
    database: Database, broker: BrokerAddress
) -> None:
    meter, polls = await pushing_meter(database), Polls(database)
    early = told(timestamp="2022-01-09T09:49:03Z", meter_datetime="2022-01-09 10:49", heat_kwh=8900)
    async with reading_broker(database, broker), gateway(broker) as sender:
        for payload in (told(), told(), early, told()):
            await sender.publish(TOPIC, payload, retained=True)
        await sender.publish("wmbusmeters/end", told(id="99999999"))
        await until(Quarantine(database).list)
        stored = await polls.list(meter)
    assert [(one.started_at, one.outcome) for one in stored] == [(AT, Outcome.OK), (AT - DAY, Outcome.OK)]


async def test_a_register_that_went_back_waits_for_an_engineer(
    database: Database, broker: BrokerAddress
) -> None:
    meter, polls = await pushing_meter(database), Polls(database)
    later = told(timestamp="2022-01-11T09:49:03Z", meter_datetime="2022-01-11 10:49", heat_kwh=3)
    async with reading_broker(database, broker), gateway(broker) as sender:
        await sender.publish(TOPIC, told())
        await until(lambda: polls.list(meter))
        await sender.publish(TOPIC, later)
        reset, _ = await until(lambda: polls.list(meter), lambda found: len(found) == 2)
        assert reset.outcome is Outcome.REGISTER_RESET
        reason = await database.value("select reason from held_poll where poll_id = $1", reset.id)
    assert reason == HoldReason.REGISTER_RESET


async def test_whoever_is_not_registered_is_shown_as_a_stranger(
    database: Database, broker: BrokerAddress
) -> None:
    async with reading_broker(database, broker), gateway(broker) as sender:
        await sender.publish(TOPIC, told())
        (stranger,) = await until(Quarantine(database).list)
    assert (stranger.identity, stranger.kind, stranger.address) == (SERIAL, "wmbusmeters", TOPIC)
    assert told().startswith(stranger.hello)


async def test_what_is_not_understood_is_kept_with_the_reason(
    database: Database, broker: BrokerAddress
) -> None:
    letters = DeadLetters(database)
    future = (datetime.now(UTC) + DAY).isoformat()
    async with reading_broker(database, broker), gateway(broker) as sender:
        await sender.publish(TOPIC, b"\xff\x00 no JSON")
        await sender.publish("wmbusmeters/early", told(timestamp=future))
        await sender.publish("teplo/reports/north/report", b"no report")
        found = await until(letters.list, lambda kept: len(kept) == 3)
    reasons = {one.topic: one.reason for one in found}
    assert "no JSON" in reasons[TOPIC]
    assert "has not come yet" in reasons["wmbusmeters/early"]
    assert "not understood" in reasons["teplo/reports/north/report"]
