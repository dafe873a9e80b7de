"""What one sending of a question brought: echo, noise and foreign frames told from the reply."""

from __future__ import annotations

from collector.links.heard import framed
from metering.errors import ConfigurationError
from metering.polls import Finding
from protocols.conversation import Exchange


class Attempt:
    """Collects what is heard after a question. `reply` is set as soon as it is complete."""

    def __init__(self, exchange: Exchange) -> None:
        self.reply: bytes | None = None
        self._exchange = exchange
        self._heard = bytearray()

    @property
    def heard(self) -> bytes:
        """Everything, the echo included."""
        return bytes(self._heard)

    @property
    def body(self) -> bytes:
        """Everything but the echo of the question; no reply equals its question unless the driver says so."""
        request, heard = self._exchange.request, self.heard
        if not self._exchange.echo:
            return heard
        return b"" if request.startswith(heard) else heard.removeprefix(request)

    @property
    def rest(self) -> bytes:
        """What came behind the reply."""
        return self.body[len(self.reply or b"") :]

    def add(self, chunk: bytes) -> None:
        self._heard += chunk
        body = self.body
        end = self._exchange.complete(body) if body else None
        if end is None:
            return
        if not 0 < end <= len(body):
            raise ConfigurationError(
                f"The driver says that a reply within {len(body)} bytes ends at {end}: a fault of the driver."
            )
        self.reply = body[:end]

    def findings(self) -> set[Finding]:
        """What was noticed about the line; nothing where there was no question, and nobody to echo it."""
        if not self._exchange.request:
            return set()
        found: set[Finding] = {_name(strange) for strange in (self._before_reply(), self.rest) if strange}
        if self._exchange.echo and self.heard.startswith(self._exchange.request):
            found.add(Finding.ECHO)
        return found

    def _before_reply(self) -> bytes:
        """All that can be left away while the rest is still the reply."""
        reply = self.reply or b""
        if not self._complete_without(1, reply):
            return b""
        least, most = 1, len(reply)
        while most - least > 1:
            middle = (least + most) // 2
            least, most = (middle, most) if self._complete_without(middle, reply) else (least, middle)
        return reply[:least]

    def _complete_without(self, left_away: int, reply: bytes) -> bool:
        rest = reply[left_away:]
        return bool(rest) and self._exchange.complete(rest) == len(rest)


def _name(strange: bytes) -> Finding:
    return Finding.FOREIGN_ANSWER if framed(strange) else Finding.NOISE
