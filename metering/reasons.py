"""Why a consumption is as it is: a word that programs compare, with the particulars that people read.

The English sentence of each word stands here; the other languages are catalogues over these very sentences.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Because(StrEnum):
    """The word of a reason."""

    NO_METER = "no_meter"


SENTENCES: dict[Because, str] = {
    Because.NO_METER: "No meter was installed from {start} to {end}.",
}
"""With the names of the particulars in braces."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason; `particulars` are name and text, and in the order of the sentence."""

    word: Because
    particulars: tuple[tuple[str, str], ...] = ()
    hinders: bool = False
    """Whether it alone keeps the value off a bill."""

    def text(self, translate: Callable[[str], str] = str) -> str:
        """The sentence, in the language of the translator."""
        return translate(SENTENCES[self.word]).format(**dict(self.particulars))


def reason(word: Because, *, hinders: bool = False, **particulars: str) -> Reason:
    """A reason with its particulars by name."""
    return Reason(word, tuple(particulars.items()), hinders)
