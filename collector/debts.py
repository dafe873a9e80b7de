"""Answers that may still come: those to questions that were given up, on a line that keeps the order.

Theory. A meter answers one question after the other, and no line lets a later answer overtake an earlier one.
So an answer that no question before could have had proves that theirs will not come any more; and where n of
them could have had it, at most n of such answers are theirs, and the next one is ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from protocols.conversation import Exchange


@dataclass(frozen=True, slots=True)
class Debt:
    """One sending of a question that nobody answered; `until` then, in the loop's time, an answer may come.

    `reply`: what it would say, where that is known.
    """

    exchange: Exchange
    until: float
    reply: bytes | None = None

    def ends_in(self, heard: bytes) -> int | None:
        """Where the first answer to this question ends in these bytes; None: they hold none."""
        end = self.exchange.complete(heard)
        if end is None or (self.reply is not None and self.reply not in heard[:end]):
            return None
        return end


class Debts:
    """What one session's meter still owes."""

    def __init__(self) -> None:
        self._owed: list[Debt] = []

    @property
    def open(self) -> bool:
        """Whether an answer to something else may still come."""
        return bool(self._owed)

    def add(self, owed: Iterable[Debt]) -> None:
        """Questions that were put after all those before."""
        self._owed.extend(owed)

    def claims(self, reply: bytes, heard: bytes, now: float) -> Sequence[Debt]:
        """The debts that this reply may pay, or begin to; `heard`: the reply and what followed at once.

        What ends before the reply does was noise there. Empty: it is the answer to what was asked last.
        """
        return [debt for debt in self._open(now) if (debt.ends_in(heard) or 0) >= max(1, len(reply))]

    def pay(self, heard: bytes, now: float) -> bool:
        """Whether these bytes may be what is owed longest: it is paid then."""
        oldest = next((debt for debt in self._open(now) if debt.ends_in(heard) is not None), None)
        if oldest is not None:
            self._owed.remove(oldest)
        return oldest is not None

    def settled(self) -> None:
        """What was asked last is answered: by then all earlier answers have come, or never will."""
        self._owed.clear()

    def _open(self, now: float) -> Iterator[Debt]:
        return (debt for debt in self._owed if debt.until > now)
