"""A link that writes down what goes over it, as the draft of a vector file: a field trace becomes a test."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from collector.links import Link

EXPECTATION: Final = (
    "# What this must give is written from the meter's display or manual, never from our own output:",
    "# [conversation.expect]",
)


@dataclass(slots=True)
class _TracedExchange:
    sent: bytes
    received: bytearray = field(default_factory=bytearray)


@dataclass(slots=True)
class _TracedConversation:
    call: str
    kind: str
    starts: Sequence[datetime]
    exchanges: list[_TracedExchange] = field(default_factory=list)


class TraceLink:
    """Behaves as the link within. Echo, noise and repeats stand in the trace as they went over the line.

    `begin` marks where a conversation begins; what is sent before the first mark is not traced.
    """

    def __init__(self, inner: Link) -> None:
        self._inner = inner
        self._conversations: list[_TracedConversation] = []

    @property
    def description(self) -> str:
        return self._inner.description

    async def open(self) -> None:
        await self._inner.open()

    async def close(self) -> None:
        await self._inner.close()

    async def send(self, data: bytes) -> None:
        if self._conversations:
            self._conversations[-1].exchanges.append(_TracedExchange(data))
        await self._inner.send(data)

    async def receive(self, timeout: float) -> bytes:
        return self._heard(await self._inner.receive(timeout))

    def drain(self) -> bytes:
        return self._heard(self._inner.drain())

    async def retune(self, baud: int, parity: str) -> None:
        await self._inner.retune(baud, parity)

    def begin(self, call: str, *, kind: str = "", starts: Sequence[datetime] = ()) -> None:
        """What follows belongs to this call of the driver; `starts` are naive slot starts of an archive."""
        self._conversations.append(_TracedConversation(call, kind, starts))

    def vector_text(self, *, model: str, source: str, address: str) -> str:
        """The vector file of everything traced, complete but for what is expected of it."""
        head = [f"model = {_quoted(model)}", f"source = {_quoted(source)}", f"address = {_quoted(address)}"]
        return "\n".join(head + [line for each in self._conversations for line in _conversation(each)]) + "\n"

    def _heard(self, data: bytes) -> bytes:
        if self._conversations and self._conversations[-1].exchanges:
            self._conversations[-1].exchanges[-1].received += data
        return data


def _conversation(traced: _TracedConversation) -> list[str]:
    lines = ["", "[[conversation]]", f"call = {_quoted(traced.call)}"]
    if traced.kind:
        starts = ", ".join(start.isoformat() for start in traced.starts)
        lines += [f"kind = {_quoted(traced.kind)}", f"starts = [{starts}]"]
    for exchange in traced.exchanges:
        lines += ["[[conversation.exchange]]", f'send = "{exchange.sent.hex(" ").upper()}"']
        if exchange.received:
            lines.append(f'receive = "{exchange.received.hex(" ").upper()}"')
    return [*lines, *EXPECTATION]


def _quoted(text: str) -> str:
    """A basic string of TOML; JSON's escapes are among TOML's."""
    return json.dumps(text, ensure_ascii=False)
