"""When each modem was last heard, and the bytes of its SIM card's bill."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from collector.inbound.connection import Connection
from collector.inbound.events import Contact
from collector.transcript import Clock


def wall_clock(moment: float, now: Clock) -> datetime:
    """What the clock showed at this time of the loop."""
    return now() - timedelta(seconds=asyncio.get_running_loop().time() - moment)


class Contacts:
    """Adds up the counters of connections by modem, also of those that are gone, until they are taken."""

    def __init__(self, now: Clock) -> None:
        self._now = now
        self._contacts: dict[int, Contact] = {}

    def note(self, modem_id: int, connection: Connection) -> None:
        """Takes over what the connection counted."""
        if not (connection.sent or connection.received):
            return
        before = self._contacts.get(modem_id)
        at = wall_clock(connection.heard_at, self._now)
        sent, received = connection.sent, connection.received
        connection.sent = connection.received = 0
        if before is not None:
            at, sent, received = max(at, before.at), sent + before.sent, received + before.received
        self._contacts[modem_id] = Contact(modem_id, at, sent, received)

    def take(self) -> list[Contact]:
        """All of them, once."""
        contacts, self._contacts = list(self._contacts.values()), {}
        return contacts
