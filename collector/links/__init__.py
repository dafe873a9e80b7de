"""A link is the byte stream of one line: the same seven methods for a serial port, a gateway or a modem.

`opening.py` chooses an implementation by the line's URL; `fake.py` is one in memory. The conformance suite,
`tests/conformance/test_links.py`, runs over all of them.
"""

from __future__ import annotations

from typing import Protocol


class Link(Protocol):
    """One talker at a time: a call while another's has not returned raises LineBusy.

    A link that is not open, or no longer, raises LineLost. A cancelled call leaves the link closed, so that
    half an answer never meets the next question. A closed link may be opened again.
    """

    @property
    def description(self) -> str:
        """The line as an error message names it."""
        ...

    async def open(self) -> None:
        """Raises LineUnavailable with the cause, or LineBusy when another program holds the port."""
        ...

    async def close(self) -> None:
        """Closes the line; does nothing when it is closed."""
        ...

    async def send(self, data: bytes) -> None:
        """Hands the bytes to the operating system; LineLost when the line is cut or takes none."""
        ...

    async def receive(self, timeout: float) -> bytes:
        """What has arrived, at least one byte; b"" when nothing did within so many seconds.

        What arrived before a cut is still handed out; then LineLost.
        """
        ...

    def drain(self) -> bytes:
        """Takes what has arrived and nobody received, without waiting."""
        ...

    async def retune(self, baud: int, parity: str) -> None:
        """Changes the serial settings; NotSupported where the line has none that we could reach."""
        ...
