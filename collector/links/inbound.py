"""The connection of a modem that called us, lent to a line for one conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from collector.inbound.loan import Loan
from collector.links.arrivals import Arrivals
from collector.links.stream import StreamLink
from metering.errors import LineLost

Lend = Callable[[Arrivals], Loan]
"""Hands over the modem's connection; raises ModemAway or LineBusy."""


class InboundLink(StreamLink):
    """Closing it leaves the modem connected; breaking off a conversation does not."""

    def __init__(self, description: str, lend: Lend) -> None:
        super().__init__(description)
        self._lend = lend
        self._loan: Loan | None = None

    async def close(self) -> None:
        if self._talk.held or self._loan is None or self._transport is None:
            await super().close()
            return
        self._transport = None
        self._loan.give_back()

    async def _connect(self, arrivals: Arrivals) -> asyncio.Transport:
        loan = self._lend(arrivals)
        try:
            await asyncio.sleep(loan.settled_at - asyncio.get_running_loop().time())
        except asyncio.CancelledError:
            loan.give_back()
            raise
        self._loan = loan
        if loan.ending is not None:
            raise self._lost(None)
        arrivals.take()
        return loan

    def _lost(self, cause: Exception | None) -> LineLost:
        ending = self._loan.ending if self._loan is not None else None
        said = f" ({cause})" if cause is not None else ""
        return LineLost(
            f"{self.description} was cut: {ending or 'nobody knows why'}{said}. The modem calls again by "
            "itself; if it does not, check its power and its signal level."
        )
