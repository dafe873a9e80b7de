"""One connection to a broker: the only module that knows the MQTT library, and the edge for its errors.

A message is acknowledged by whoever took it, not when it arrives: what was not stored yet comes again with
the next connection of the same session, or to another client that shares the subscription.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from collector.mqtt.address import BrokerAddress
from metering.errors import ConfigurationError, LineLost, LineUnavailable

AT_LEAST_ONCE: Final = 1
MOST_UNACKNOWLEDGED: Final = 64
"""Receive Maximum of MQTT 5: how many messages the broker sends ahead of our acknowledgements."""
MOST_WAITING: Final = 65_535
"""Without it, packet numbers of 16 bits are the bound."""
SESSION_LIFE: Final = 3 * 24 * 3600
"""Seconds for which the broker keeps what came while we were away."""
KEEP_ALIVE: Final = 30
"""Seconds without a word after which broker and client take each other for dead."""
PUBLISHED_WITHIN: Final = 120.0
"""Seconds; an hour of a large bus takes a minute over a GPRS modem."""
_VERSIONS: Final = {"5": aiomqtt.ProtocolVersion.V5, "3.1.1": aiomqtt.ProtocolVersion.V311}
_REFUSED: Final = 0x80
"""Reason codes from here on are refusals."""


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says in our place when the connection breaks."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that came; `number` is what it is acknowledged by."""

    topic: str
    payload: bytes
    retained: bool
    number: int
    quality: int


class Connection:
    """Open from `connected` to the end of its block. LineLost when the broker is gone."""

    def __init__(self, client: aiomqtt.Client, address: BrokerAddress) -> None:
        self._client = client
        self._address = address

    async def subscribe(self, filters: Sequence[str], group: str | None = None) -> None:
        """With a group, each message goes to one of its members; where the broker shares none, to all.

        ConfigurationError when the broker does not let us read there.
        """
        prefix = f"$share/{group}/" if group and self._address.shares else ""
        wanted = [(prefix + each, AT_LEAST_ONCE) for each in filters]
        with self._losing():
            codes = _codes(await self._client.subscribe(wanted))
        for (topics, _), code in zip(wanted, codes, strict=False):
            if code >= _REFUSED:
                raise ConfigurationError(
                    f"The broker {self._address} does not let us read {topics}: check its access rules."
                )

    async def publish(self, topic: str, payload: bytes, *, retained: bool = False) -> None:
        """The broker has it when this returns; an empty retained payload takes back the one before."""
        with self._losing():
            await self._client.publish(topic, payload, AT_LEAST_ONCE, retained, timeout=PUBLISHED_WITHIN)

    async def arrivals(self, most: int, stop: asyncio.Event) -> list[Arrival]:
        """Waits for a message and takes what came with it, at most so many; none once `stop` is set."""
        first = asyncio.ensure_future(anext(aiter(self._client.messages)))
        stopped = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait((first, stopped), return_when=asyncio.FIRST_COMPLETED)
            if not first.done():
                return []
            with self._losing():
                taken = [first.result()]
        finally:
            await _given_up(first, stopped)
        while len(taken) < most and len(self._client.messages):
            taken.append(await anext(aiter(self._client.messages)))
        return [_arrival(message) for message in taken]

    def acknowledge(self, arrivals: Sequence[Arrival]) -> None:
        """These are stored: the broker may forget them."""
        for one in arrivals:
            self._client._client.ack(one.number, one.quality)

    @contextmanager
    def _losing(self) -> Iterator[None]:
        try:
            yield
        except (aiomqtt.MqttError, OSError, ValueError) as error:
            raise LineLost(f"The connection to the broker {self._address} was lost: {error}") from error


@asynccontextmanager
async def connected(
    address: BrokerAddress, client_id: str, *, lasting: bool = True, will: Will | None = None
) -> AsyncIterator[Connection]:
    """A connection under this client id, which nobody else may use at the same time.

    `lasting`: the broker keeps our subscriptions and what comes while we are away. LineUnavailable when it
    cannot be reached or refuses us.
    """
    client = _client(address, client_id, lasting, will)
    client.pending_calls_threshold = MOST_WAITING
    client._client.manual_ack_set(True)
    try:
        await client.__aenter__()
    except aiomqtt.MqttError as error:
        # The library leaves the socket of a connection that was not accepted open.
        client._client._sock_close()
        raise LineUnavailable(
            f"The broker {address} cannot be reached or refuses {client_id}: {error}. Check that it runs, "
            f"the user, the password, and that it speaks MQTT {address.version}."
        ) from error
    try:
        yield Connection(client, address)
    finally:
        await _disconnect(client)


def _client(address: BrokerAddress, client_id: str, lasting: bool, will: Will | None) -> aiomqtt.Client:
    five = address.shares
    return aiomqtt.Client(
        address.host,
        address.port,
        identifier=client_id,
        username=address.user or None,
        password=address.password or None,
        protocol=_VERSIONS[address.version],
        clean_session=None if five else not lasting,
        clean_start=not lasting if five else 3,
        properties=_properties(lasting) if five else None,
        will=aiomqtt.Will(will.topic, will.payload, AT_LEAST_ONCE, True) if will else None,
        keepalive=KEEP_ALIVE,
        max_queued_incoming_messages=MOST_WAITING,
        tls_context=_encryption(address),
    )


def _properties(lasting: bool) -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.ReceiveMaximum = MOST_UNACKNOWLEDGED
    properties.SessionExpiryInterval = SESSION_LIFE if lasting else 0
    return properties


def _encryption(address: BrokerAddress) -> ssl.SSLContext | None:
    if not address.encrypted:
        return None
    try:
        return ssl.create_default_context(cafile=address.authority)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"The broker's certificates {address.authority} cannot be read: {error}."
        ) from error


async def _disconnect(client: aiomqtt.Client) -> None:
    """The broker may be gone already: then there is nobody to take leave of."""
    try:
        await client.__aexit__(None, None, None)
    except aiomqtt.MqttError:
        return


async def _given_up(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _codes(answers: Sequence[int | ReasonCode]) -> list[int]:
    """MQTT 3.1.1 answers by numbers alone."""
    return [answer if isinstance(answer, int) else answer.value for answer in answers]


def _arrival(message: aiomqtt.Message) -> Arrival:
    return Arrival(message.topic.value, bytes(message.payload), message.retain, message.mid, message.qos)
