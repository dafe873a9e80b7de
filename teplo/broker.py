"""An MQTT broker within this process, for the demo and tests: MQTT 3.1.1, in memory, this machine only.

It keeps sessions, retained messages and quality of service 1; it knows no MQTT 5 and shares no subscriptions:
production runs Mosquitto (deploy/mosquitto.conf).
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig, ListenerConfig
from amqtt.errors import BrokerError
from amqtt.plugins.base import BaseAuthPlugin
from amqtt.session import Session

from collector.mqtt.address import BrokerAddress
from metering.errors import ConfigurationError

HOST: Final = "127.0.0.1"
USER: Final = "teplo"


class OnePassword(BaseAuthPlugin):  # type: ignore[misc]
    """Lets in who knows the password; the broker keeps sessions of named users alone."""

    @dataclass
    class Config:
        """`password` of everybody."""

        password: str = ""

    async def authenticate(self, *, session: Session) -> bool:
        given = session.password or ""
        return bool(session.username) and hmac.compare_digest(given.encode(), self.config.password.encode())


@asynccontextmanager
async def embedded_broker(password: str, port: int = 0) -> AsyncIterator[BrokerAddress]:
    """A broker until the block ends; port 0 takes any free one. ConfigurationError when the port is taken."""
    # What it calls errors is a message that waits for its acknowledgement and comes again.
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    broker = Broker(
        BrokerConfig(
            listeners={"default": ListenerConfig(bind=f"{HOST}:{port}")},
            plugins={f"{__name__}.{OnePassword.__name__}": {"password": password}},
        )
    )
    try:
        await broker.start()
    except BrokerError as error:
        raise ConfigurationError(f"The broker cannot listen on {HOST}:{port}: {error}.") from error
    try:
        yield BrokerAddress(HOST, _port(broker), user=USER, password=password, version="3.1.1")
    finally:
        await broker.shutdown()
        await _ended()


def _port(broker: Broker) -> int:
    server = broker._servers["default"].instance
    return int(server.sockets[0].getsockname()[1])


async def _ended() -> None:
    """What the broker's last connections still have to do takes a turn of the loop."""
    await asyncio.sleep(0)
