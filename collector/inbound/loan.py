"""A modem's connection in the hands of one link: the transport that the link writes to."""

from __future__ import annotations

import asyncio
from typing import Protocol

from collector.inbound.endings import Ending
from collector.links.arrivals import Arrivals


class Lender(Protocol):
    """The connection's side."""

    settled_at: float

    def say(self, payload: bytes) -> None: ...

    def read_on(self, wanted: bool) -> None: ...

    def take_back(self) -> None: ...

    def abandon(self) -> None: ...


class Loan(asyncio.Transport):
    """`ending` says why the connection is gone, once it is."""

    def __init__(self, lender: Lender, arrivals: Arrivals) -> None:
        super().__init__()
        self.ending: Ending | None = None
        self._lender = lender
        self._arrivals = arrivals
        arrivals.connection_made(self)

    @property
    def settled_at(self) -> float:
        """The time of the loop before which nothing may be sent."""
        return self._lender.settled_at

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.ending is None:
            self._lender.say(bytes(data))

    def pause_reading(self) -> None:
        self._lender.read_on(False)

    def resume_reading(self) -> None:
        if self.ending is None:
            self._lender.read_on(True)

    def abort(self) -> None:
        """Closes the modem's connection: what is on its way must reach nobody."""
        if self.ending is None:
            self._lender.abandon()

    def give_back(self) -> None:
        """The link is closed; the modem stays connected."""
        if self.ending is None:
            self.over(Ending.RETURNED, None)
            self._lender.take_back()

    def deliver(self, payload: bytes) -> None:
        self._arrivals.data_received(payload)

    def write_on(self, possible: bool) -> None:
        (self._arrivals.resume_writing if possible else self._arrivals.pause_writing)()

    def over(self, ending: Ending, cause: Exception | None) -> None:
        """The link has lost the connection."""
        self.ending = ending
        self._arrivals.connection_lost(cause)
