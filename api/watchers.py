"""Streams that stay open while their caller watches: so many at once in this process, and no more."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Request

from api.errors import TooFast

MOST_WATCHING: Final = 100
"""Each asks the database every second."""
WAIT: Final = 30
"""Seconds until another one may be tried."""

PartT = TypeVar("PartT")


class Watchers:
    """How many streams are open."""

    def __init__(self, most: int = MOST_WATCHING) -> None:
        self._most = most
        self._open = 0

    def counted(self, stream: AsyncIterator[PartT]) -> AsyncGenerator[PartT, None]:
        """The same stream, open from its first part until its end. TooFast while too many are."""
        if self._open >= self._most:
            raise TooFast(f"{self._open} streams are open already; ask for the state itself instead.", WAIT)
        return self._passed_on(stream)

    async def _passed_on(self, stream: AsyncIterator[PartT]) -> AsyncGenerator[PartT, None]:
        self._open += 1
        try:
            async for part in stream:
                yield part
        finally:
            self._open -= 1


def _watchers(request: Request) -> Watchers:
    watchers: Watchers = request.app.state.watchers
    return watchers


WatchersNeeded = Annotated[Watchers, Depends(_watchers)]
