"""Executes billing runs beside the API, in each of its processes, and tells of those that are ready."""

from __future__ import annotations

import asyncio
from functools import partial

from billing.answers import Answers
from billing.notices import Announcer, Publish, tell_until
from billing.runs import Runner, execute_until
from collector.mqtt.address import BrokerAddress
from collector.mqtt.connection import connected
from collector.supervisor import supervise
from storage.pool import Database
from teplo import composition
from teplo.base_plan import base_plan
from teplo.settings import Settings


async def bill(database: Database, settings: Settings, stop: asyncio.Event) -> None:
    """Until `stop` is set. Over MQTT where the settings name a broker."""
    publish = publisher(settings)
    answers = Answers(database, composition.clock, base_plan(settings))
    runner = Runner(database, answers, composition.clock, over_mqtt=publish is not None)
    announcer = Announcer(database, composition.clock, publish)
    tasks = {
        "billing runs": partial(execute_until, runner=runner),
        "notices": partial(tell_until, announcer=announcer),
    }
    await supervise(tasks, stop)


def publisher(settings: Settings) -> Publish | None:
    """What hands notices to the settings' broker; None when they name none."""
    if not settings.broker:
        return None
    address = BrokerAddress.parse(settings.broker, settings.broker_password, settings.broker_authority)
    return partial(publish_at, address)


async def publish_at(address: BrokerAddress, topic: str, payload: bytes) -> None:
    """Connects, publishes once and leaves: runs are months apart, and the broker may go meanwhile."""
    client = f"teplo-billing-{composition.new_identifier()}"
    async with connected(address, client, lasting=False) as connection:
        await connection.publish(topic, payload)
