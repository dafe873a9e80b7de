"""One talker at a time on one link."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from metering.errors import LineBusy


class Turn:
    """Held by whoever talks. A second talker gets LineBusy; one that is cancelled leaves the line closed."""

    def __init__(self) -> None:
        self.held = False

    @contextmanager
    def taken(self, description: str, abandon: Callable[[], None]) -> Iterator[None]:
        """For the time of one call of the link; `abandon` closes the line, so that no half answer is left."""
        if self.held:
            raise LineBusy(f"{description}: somebody speaks on it; one line has one talker at a time.")
        self.held = True
        try:
            yield
        except asyncio.CancelledError:
            abandon()
            raise
        finally:
            self.held = False
