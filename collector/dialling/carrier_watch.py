"""Sees the end of a call in what a modem hands over: the words NO CARRIER, and silence after them."""

from __future__ import annotations

from typing import Final

NOTICE: Final = b"\r\nNO CARRIER\r\n"
SILENCE: Final = 0.3
"""Seconds without a byte after which words at the end of the stream are the modem's and not the meter's."""


class CarrierWatch:
    """Keeps back what may be the notice, until more bytes or silence say what it is.

    A beginning of the notice that was handed out after silence still counts: a serial server may deliver the
    words in two pieces.
    """

    def __init__(self) -> None:
        self.over = False
        self._held = b""
        self._matched = b""

    @property
    def pending(self) -> bool:
        """Whether something is kept back."""
        return bool(self._held)

    @property
    def noticed(self) -> bool:
        """Whether the notice stands at the end of what was heard."""
        return self._matched == NOTICE

    def hear(self, data: bytes) -> bytes:
        """What of it, and of what was kept back, is certainly the meter's."""
        handed_out = len(self._matched) - len(self._held)
        stream = self._matched + data
        self._matched = _beginning_of_notice(stream)
        kept = min(len(self._matched), len(stream) - handed_out)
        self._held = stream[len(stream) - kept :]
        return stream[handed_out : len(stream) - kept]

    def quiet(self) -> bytes:
        """Nothing followed for SILENCE: the call is over, or what was kept back is the meter's."""
        held, self._held = self._held, b""
        self.over = self.noticed
        return b"" if self.over else held


def _beginning_of_notice(stream: bytes) -> bytes:
    """The longest end of the stream with which the notice begins."""
    longest = min(len(NOTICE), len(stream))
    return next(NOTICE[:length] for length in range(longest, -1, -1) if stream.endswith(NOTICE[:length]))
