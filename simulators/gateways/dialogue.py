"""The gateway's side of one connection, bytes in and bytes out; each family has its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from simulators.gateways.gateway import Gateway

Csq = Callable[[], int]
"""The signal level at this moment, 0 to 31."""
_MOST_UNANSWERED: Final = 2


@dataclass(frozen=True, slots=True)
class Heard:
    """What a gateway makes of bytes from the head-end: replies of its own, and bytes for the meters."""

    reply: bytes = b""
    payload: bytes = b""
    dismissed: bool = False
    """The head-end said what this gateway does not accept: it hangs up."""


class Dialogue(Protocol):
    """One connection as this family speaks on it."""

    @property
    def ready(self) -> bool:
        """Whether bytes pass to and from the meters."""
        ...

    @property
    def forsaken(self) -> bool:
        """Whether the head-end left too many heartbeats without the answer they want."""
        ...

    def greeting(self) -> bytes: ...

    def hear(self, data: bytes) -> Heard: ...

    def wrap(self, data: bytes) -> bytes:
        """The meters' bytes as they go to the head-end."""
        ...

    def heartbeat(self) -> bytes:
        """What is said after a while of silence; empty: nothing ever."""
        ...


class PlainDialogue:
    """A registration text or nothing at all, then raw bytes (gprs-gateways.md, section 5)."""

    ready = True

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._prefix = gateway.registration if gateway.with_data else b""
        self._unanswered = 0

    @property
    def forsaken(self) -> bool:
        return bool(self._gateway.answer) and self._unanswered > _MOST_UNANSWERED

    def greeting(self) -> bytes:
        return self._gateway.registration

    def hear(self, data: bytes) -> Heard:
        answer = self._gateway.answer
        if self._unanswered and answer and answer in data:
            self._unanswered = 0
            data = data.replace(answer, b"", 1)
        return Heard(payload=data)

    def wrap(self, data: bytes) -> bytes:
        return self._prefix + data

    def heartbeat(self) -> bytes:
        self._unanswered += 1
        return self._gateway.heartbeat
