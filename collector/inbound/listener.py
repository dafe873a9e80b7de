"""The listener for modems that connect to us, as the collector uses it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from collector.inbound.address import ListenAddress
from collector.inbound.door import Door, bind_all
from collector.inbound.events import Connected, Contact, Counts, KnownModem, Listening
from collector.inbound.limits import Limits
from collector.inbound.loan import Loan
from collector.inbound.reception import Reception
from collector.inbound.tls import server_context
from collector.links import Link
from collector.links.arrivals import Arrivals
from collector.links.inbound import InboundLink
from collector.links.url import LineUrl
from collector.supervisor import wait
from collector.transcript import Clock
from metering.errors import ConfigurationError

CLOSING: Final = 2.0


class Listener:
    """All listening ports of one collector.

    `certificate`: the files of certificate and key, for the addresses with tls=yes. Connections stand and
    fall with `run`; it may be run again after it returned.
    """

    def __init__(
        self,
        addresses: Sequence[ListenAddress],
        limits: Limits,
        events: Listening,
        now: Clock,
        certificate: tuple[Path, Path] | None = None,
    ) -> None:
        self._addresses = tuple(addresses)
        self._limits = limits
        self._reception = Reception(limits, events, now)
        self._now = now
        self._certificate = server_context(*certificate) if certificate else None
        self._sockets: list[socket.socket] = []
        for address in self._addresses:
            if address.tls and self._certificate is None:
                raise ConfigurationError(f"{address.text} wants TLS: give a certificate and its key.")

    def bind(self) -> list[tuple[str, int]]:
        """Opens the listening sockets; their addresses, in our order. ConfigurationError says what is wrong.

        `run` does it where it was not done.
        """
        if not self._sockets:
            self._sockets = bind_all(self._addresses)
        return [one.getsockname()[:2] for one in self._sockets]

    def know(self, modems: Iterable[KnownModem]) -> None:
        """These are all registered modems; who waited as a stranger is attached, who is gone is cut off."""
        self._reception.know(modems)

    def link(self, url: LineUrl) -> Link:
        """The link of this line; opening it raises ModemAway while its modem is not connected."""
        return InboundLink(url.text, lambda arrivals: self._lend(url, arrivals))

    def service_link(self, url: LineUrl) -> Link:
        """The link to this line's modem itself, where it opened a service channel; else ModemAway."""
        return InboundLink(
            f"the service channel of {url.text}",
            lambda arrivals: self._reception.lend_service(url, arrivals),
        )

    def present(self) -> Mapping[str, Connected]:
        """The known modems that are connected, by identity."""
        return {who: one.connected(self._now) for who, one in self._reception.here.items()}

    def counts(self) -> Counts:
        """For metrics."""
        admission, here = self._reception.admission, self._reception.here
        return Counts(
            connections=len(admission.connections),
            recognised=len(here),
            talking=sum(one.lent for one in here.values()),
            strangers=len(self._reception.strangers),
            accepted=admission.accepted,
            refused=dict(admission.refused),
        )

    def take_contacts(self) -> list[Contact]:
        """The modems with traffic since this was last called, those included that are gone."""
        return self._reception.take_contacts()

    async def run(self, stop: asyncio.Event) -> None:
        """Serves until `stop` is set; then open links have a while to be closed, and all else is cut."""
        reception = self._reception
        try:
            await self._welcome(stop)
            reception.retire()
            await wait(reception.admission.empty, self._limits.farewell)
        finally:
            reception.cut_off()
            await wait(reception.admission.empty, CLOSING)

    async def _welcome(self, stop: asyncio.Event) -> None:
        self.bind()
        self._reception.open()
        doors = [
            Door(address, listening, self._reception, self._certificate)
            for address, listening in zip(self._addresses, self._sockets, strict=True)
        ]
        try:
            for door in doors:
                door.open()
            while not stop.is_set():
                self._reception.sweep()
                await wait(stop, self._limits.sweep)
        finally:
            self._sockets = []
            for door in doors:
                await door.close()

    def _lend(self, url: LineUrl, arrivals: Arrivals) -> Loan:
        return self._reception.lend(url, arrivals, ", ".join(one.text for one in self._addresses))
