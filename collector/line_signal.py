"""How well a gateway hears its network: asked of it over the connection that it holds to us."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from collector.inbound.events import Connected
from collector.inbound.listener import Listener
from collector.line_settings import LineSettings
from collector.links import Link
from collector.links.url import LineUrl
from collector.poll import Clock
from collector.presence import Presence
from collector.session import Session
from collector.survey import Ask
from metering.errors import DecodeError, ExchangeError, LineError, MeterError, NotSupported
from metering.readings import Record
from metering.signals import SignalReport
from protocols.conversation import Conversation
from protocols.gateway_reports import read_signal

CANNOT_BE_ASKED: Final = (
    "cannot be asked for its signal over this line: of those that we know, only iRZ modems with "
    "encapsulation and Teleofis WRX with a service channel answer such a question. Take the survey on site, "
    "with a modem on a laptop: teplo signal survey serial:/dev/..."
)

NOT_ANSWERED: Final = (LineError, ExchangeError, MeterError, DecodeError)

ReadSignal = Callable[[], Conversation[SignalReport] | None]
"""A fresh question for the gateway's signal; None where it cannot be asked."""


class LineSignal:
    """Asks the gateways whose connections `presence` knows, through `listener`."""

    def __init__(self, listener: Listener, presence: Presence, now: Clock) -> None:
        self._listener = listener
        self._presence = presence
        self._now = now
        self._without_answer: dict[int, Connected] = {}

    async def look(self, line_id: int, url: str) -> None:
        """One question for the signal, where the gateway can be asked: its series goes on between surveys.

        Nothing depends on it. A gateway that does not answer is not asked again over the same connection.
        """
        connected = self._presence.connected(line_id)
        if connected is None or self._without_answer.get(line_id) is connected:
            return
        try:
            report = await self._looked(LineUrl.parse(url), connected)
        except NOT_ANSWERED:
            self._without_answer[line_id] = connected
        else:
            self._presence.reported(connected.modem.modem_id, report)

    async def _looked(self, url: LineUrl, connected: Connected) -> SignalReport:
        link, read = self.way_to_ask(url, connected)
        await link.open()
        try:
            once = replace(LineSettings.of(url), attempts=1)
            return await question(Session(link, settings=once, now=self._now), read)()
        finally:
            await link.close()

    def way_to_ask(self, url: LineUrl, connected: Connected) -> tuple[Link, ReadSignal]:
        """Over the meters' own connection where the gateway can be asked there, else its service channel."""
        kind, encapsulated = connected.kind, connected.encapsulated
        for link, service in ((self._listener.link(url), False), (self._listener.service_link(url), True)):
            read = partial(read_signal, kind, encapsulated, service=service)
            if read() is not None:
                return link, read
        raise NotSupported(f"The gateway of {url.text} {CANNOT_BE_ASKED}")


def question(session: Session, read: ReadSignal) -> Ask:
    """What a survey asks again and again."""

    async def ask() -> SignalReport:
        conversation = read()
        assert conversation is not None
        return await session.run(conversation, nothing)

    return ask


def nothing(records: tuple[Record, ...], frame: int) -> None:
    """A gateway delivers no records."""
