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
    NEVER_ADMITTED = "never_admitted"
    NOT_YET_ADMITTED = "not_yet_admitted"
    WITHDRAWN = "withdrawn"
    VERIFICATION_PAST = "verification_past"
    VERIFICATION_UNKNOWN = "verification_unknown"


SENTENCES: dict[Because, str] = {
    Because.NO_METER: "No meter was installed from {start} to {end}.",
    Because.NEVER_ADMITTED: "The point was never admitted to commercial use: no admission act is registered.",
    Because.NOT_YET_ADMITTED: "The point was admitted to commercial use only on {at}, by act {number}.",
    Because.WITHDRAWN: "The point was withdrawn from commercial use on {at}, by act {number}.",
    Because.VERIFICATION_PAST: "The verification of the {component} {serial} was valid through {due} only.",
    Because.VERIFICATION_UNKNOWN: "No valid verification of the {component} {serial} is on record.",
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
