"""One modem of ours: its port, and the dialogue over it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from collector.line_settings import LineSettings
from collector.links import Link
from collector.session import Session
from collector.transcript import Clock
from metering.calls import CallResult
from metering.errors import CallFailed, ConfigurationError, ExchangeError, FrameError, LineError, TeploError
from metering.polls import Direction, Frame
from metering.readings import Record
from protocols.at.result_codes import legible
from protocols.conversation import Conversation

T = TypeVar("T")
OpenPort = Callable[[str], Awaitable[Link]]
"""Opens a modem's own line: serial:, tcp:// or rfc2217://."""

SETTINGS: Final = LineSettings(
    timeout=5.0, gap=0.3, attempts=1, quiet=0.0, latest=0.0, largest=4096, longest=200.0
)
"""The conversations keep the pauses that a modem needs."""
LINES_KEPT: Final = 6
LONGEST_LINE: Final = 80
ARROWS: Final = {Direction.SENT: ">", Direction.RECEIVED: "<"}


class Modem:
    """Every failure of it is a CallFailed; where the port is the cause, the result is `modem_silent`."""

    def __init__(self, url: str, open_port: OpenPort, now: Clock) -> None:
        self.url = url
        self._open_port = open_port
        self._now = now
        self._port: Link | None = None
        self._lines: deque[str] = deque(maxlen=LINES_KEPT)

    @property
    def is_open(self) -> bool:
        """Whether its port is; a dialogue that was cancelled leaves it closed."""
        return self._port is not None

    @property
    def port(self) -> Link:
        """The byte stream of the call, between CONNECT and the escape."""
        assert self._port is not None
        return self._port

    @property
    def last_lines(self) -> str:
        """What was said last, commands behind `>` and answers behind `<`."""
        return " ".join(self._lines)

    async def open(self) -> None:
        """Open the port; does nothing when it is."""
        if self._port is None:
            try:
                self._port = await self._open_port(self.url)
            except (LineError, ConfigurationError) as error:
                raise CallFailed(f"Our modem {self.url}: {error}", CallResult.MODEM_SILENT) from error

    async def close(self) -> None:
        """Close the port."""
        port, self._port = self._port, None
        if port is not None:
            await port.close()

    async def converse(self, conversation: Conversation[T]) -> T:
        """Carry the dialogue out over the open port."""
        session = Session(self.port, settings=SETTINGS, now=self._now)
        try:
            return await session.run(conversation, _no_records)
        except asyncio.CancelledError:
            await self.close()
            raise
        except CallFailed:
            raise
        except (LineError, ExchangeError) as error:
            raise CallFailed(f"Our modem {self.url}: {error}", _result(error)) from error
        finally:
            self._lines.extend(_line(frame) for frame in session.frames[-LINES_KEPT:])


def _no_records(records: tuple[Record, ...], frame: int) -> None:
    """A modem has none."""


def _result(error: TeploError) -> CallResult:
    return CallResult.MODEM_ERROR if isinstance(error, FrameError) else CallResult.MODEM_SILENT


def _line(frame: Frame) -> str:
    words = " ".join(legible(part) for part in frame.data[:LONGEST_LINE].split())
    return f"{ARROWS[frame.direction]} {_without_pin(words)}"


def _without_pin(words: str) -> str:
    """A PIN is for the modem alone."""
    command, equals, _ = words.partition("+CPIN=")
    return f"{command}{equals}..." if equals else words
