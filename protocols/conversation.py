"""A driver is a pure generator of steps; one async session runs all of them over any link."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

from metering.readings import Record

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Exchange:
    """Send `request`, wait for its reply; the generator is sent the bytes up to the reply's end.

    `complete(buffer)` returns where the reply to exactly this question ends in the buffer, or None while
    bytes are missing. Noise, foreign and damaged frames before the reply are its business (they may stand
    before the reply in the bytes handed over); echo and time are the session's.
    `echo` False: the reply may begin with the request's own bytes, so that nothing is taken for echo.
    `acknowledges` True: the reply says no more than that a question was heard, and an earlier one's will do.
    `timeout` in seconds to the first byte; None means the line's. `attempts` None means the line's.
    The session throws NoResponse (silence), FrameError (bytes, but no reply) or LineLost into the generator.
    """

    request: bytes
    complete: Callable[[bytes], int | None]
    timeout: float | None = None
    attempts: int | None = None
    echo: bool = True
    acknowledges: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Keep the line quiet for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Retune:
    """Change the serial settings of the line; a link that cannot do so raises NotSupported."""

    baud: int
    parity: str = "E"


@dataclass(frozen=True, slots=True)
class Deliver:
    """Hand over finished records at once: a cut call loses nothing that was already read."""

    records: tuple[Record, ...]


Step = Exchange | Pause | Retune | Deliver
Conversation = Generator[Step, bytes, T]
"""Exchange is answered with the reply's bytes, every other step with b""."""
