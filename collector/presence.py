"""Who is connected to us now, and what was heard of modems until it is handed on."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

import structlog

from collector.delivery import Delivery
from collector.inbound.endings import Ending
from collector.inbound.events import Connected, KnownModem, Stranger
from collector.inbound.listener import Listener
from collector.poll import Clock
from metering.modems import ModemIdentity
from metering.signals import SignalLevel, SignalReport, SignalSource
from storage.modem_rows import Contact

log = structlog.get_logger()

MOST_KEPT: Final = 20_000
"""Levels and contacts that wait to be handed on; the oldest go first."""


class Presence:
    """What the listener tells of modems; `news` is set when somebody came or went."""

    def __init__(self, now: Clock, delivery: Delivery) -> None:
        self.news = asyncio.Event()
        self.present: dict[int, Connected] = {}
        """By modem."""
        self.returned: set[int] = set()
        """Lines whose modem came back since they were asked last."""
        self._now = now
        self._delivery = delivery
        self._lines: dict[int, Connected] = {}
        self._levels: deque[tuple[int, SignalLevel]] = deque(maxlen=MOST_KEPT)
        self._contacts: deque[Contact] = deque(maxlen=MOST_KEPT)

    def appeared(self, modem: KnownModem, connection: Connected) -> None:
        self.present[modem.modem_id] = self._lines[modem.line_id] = connection
        self.returned.add(modem.line_id)
        self.news.set()

    def vanished(self, modem: KnownModem, ending: Ending) -> None:
        self.present.pop(modem.modem_id, None)
        self._lines.pop(modem.line_id, None)
        self.returned.discard(modem.line_id)
        self.news.set()

    def stranger(self, stranger: Stranger) -> None:
        log.info("a stranger connected", identity=stranger.identity, address=stranger.address)

    def learned(self, modem_id: int, report: SignalReport | None, identity: ModemIdentity) -> None:
        self._contacts.append(Contact(modem_id, self._now(), identity=identity))
        if report is not None:
            self._levels.append((modem_id, SignalLevel(self._now(), SignalSource.HELLO, report)))

    def reported(self, modem_id: int, report: SignalReport) -> None:
        """The gateway answered when it was asked for its signal."""
        self._levels.append((modem_id, SignalLevel(self._now(), SignalSource.REPORT, report)))

    def connected(self, line_id: int) -> Connected | None:
        """The connection of this line's modem; None when it is not connected here."""
        return self._lines.get(line_id)

    def lines(self) -> frozenset[int]:
        """Lines whose modem is connected here."""
        return frozenset(self._lines)

    def has_returned(self, line_id: int) -> bool:
        """Whether its modem came back since this was asked last."""
        returned = line_id in self.returned
        self.returned.discard(line_id)
        return returned

    def return_was_missed(self, line_id: int) -> None:
        """Its meters could not be asked after all, though its modem is back."""
        if line_id in self._lines:
            self.returned.add(line_id)

    async def hand_on(self, listener: Listener) -> None:
        """What was heard, and the bytes that went both ways; what was not taken waits for the next time."""
        for one in listener.take_contacts():
            self._contacts.append(Contact(one.modem_id, one.at, one.sent, one.received))
        contacts = list(self._contacts)
        if contacts:
            await self._delivery.save_contacts(contacts)
            for _ in range(min(len(contacts), len(self._contacts))):
                self._contacts.popleft()
        while self._levels:
            modem, level = self._levels[0]
            await self._delivery.save_levels(modem, [level])
            self._levels.popleft()
