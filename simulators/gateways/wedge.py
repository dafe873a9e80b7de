"""Gateways that we connect to and that wedge: dumb until restarted, busy with one client, closing at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

from simulators.lines import Caller, Connection, FarEnd


class Wedge(StrEnum):
    """How a transparent gateway fails."""

    NEVER = "never"
    DUMB = "dumb"
    """It accepts connections and passes nothing, until it is restarted."""
    SINGLE = "single"
    """It serves one client; a second one is turned away."""
    CLOSING = "closing"
    """It accepts a connection and closes it at once."""


class WedgingFarEnd:
    """Stands before another far end; wedged after so many requests (SINGLE: always one client at a time)."""

    def __init__(self, inner: FarEnd, wedge: Wedge, after: int = 0) -> None:
        self.wedge = wedge
        self.turned_away = 0
        self._inner = inner
        self._after = after
        self._requests = 0
        self._clients = 0

    @property
    def wedged(self) -> bool:
        """Whether it serves nobody now."""
        return self.wedge in (Wedge.DUMB, Wedge.CLOSING) and self._requests >= self._after

    def restart(self) -> None:
        """Somebody has taken its plug out and in: it serves as many requests again before it wedges."""
        self._requests = 0

    def connect(self, caller: Caller) -> Connection:
        turned_away = TURNS_AWAY[self.wedge](self)
        self._clients += 1
        if turned_away:
            self.turned_away += 1
            caller.cut()
        return _WedgedConnection(self, None if turned_away else self._inner.connect(caller))

    @property
    def busy(self) -> bool:
        """Whether it has a client."""
        return self._clients > 0

    def hears(self) -> bool:
        """Counts a request; False when it gets lost."""
        lost = self.wedged
        self._requests += 1
        return not lost

    def left(self) -> None:
        """A client is gone."""
        self._clients -= 1


class _WedgedConnection:
    def __init__(self, gateway: WedgingFarEnd, inner: Connection | None) -> None:
        self._gateway = gateway
        self._inner = inner

    async def hear(self, data: bytes) -> None:
        if self._inner is not None and self._gateway.hears():
            await self._inner.hear(data)

    async def close(self) -> None:
        self._gateway.left()
        if self._inner is not None:
            await self._inner.close()


TURNS_AWAY: Final[Mapping[Wedge, Callable[[WedgingFarEnd], bool]]] = {
    Wedge.NEVER: lambda gateway: False,
    Wedge.DUMB: lambda gateway: False,
    Wedge.SINGLE: lambda gateway: gateway.busy,
    Wedge.CLOSING: lambda gateway: gateway.wedged,
}
"""Whether a caller is turned away right now."""
