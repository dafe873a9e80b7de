"""How a model wants to be asked: what selects its data, and which C fields it answers (m-bus.md 3.1, 3.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from protocols.mbus.frames import FCB, REQ_UD2, SND_UD

ALL_DATA: Final = 0x00
"""Sub-code of an application reset that brings the ordinary telegrams back."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is sent before a read-out.

    `sub_code` of an application reset. `records`: DIFs and VIFs of the records that are wanted, behind a
    reset, which then may go without sub-code.
    """

    sub_code: int | None = None
    records: bytes = b""

    @property
    def is_ordinary(self) -> bool:
        """Whether the telegrams that the meter sends by itself will do."""
        return self.sub_code is None and not self.records


ORDINARY: Final = Question()


@dataclass(frozen=True, slots=True)
class Habits:
    """`send`: C field of data sent to the meter. `first`: C field of the first request of a read-out.

    `either`: where the first request stays unanswered, the one with the other count bit may be answered.
    """

    send: int = SND_UD
    first: int = REQ_UD2 | FCB
    either: bool = False


USUAL: Final = Habits()
