"""The last question that was put once and answered: a second, different answer to it is another meter's."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.conversation import Exchange


@dataclass(frozen=True, slots=True)
class Answered:
    """A question and the reply that was taken for it, until the next question is put."""

    exchange: Exchange
    reply: bytes

    def contradicted_by(self, heard: bytes) -> bool:
        """Whether these later bytes hold a complete answer to the same question, and another one."""
        end = self.exchange.complete(heard) if heard else None
        return end is not None and not heard[:end].endswith(self.reply)
