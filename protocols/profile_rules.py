"""What a profile of any kind must satisfy: a rule yields a complaint for each place that breaks it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final, Protocol

DOUBT: Final = "UNCONFIRMED"
_DOUBTFUL: Final = re.compile(
    r"\b(probably|presumably|perhaps|assumed|taken as|inferred|unclear|not confirmed)\b", re.I
)


class Described(Protocol):
    """What every profile says of itself."""

    @property
    def name(self) -> str: ...

    @property
    def maker(self) -> str: ...

    @property
    def notes(self) -> tuple[str, ...]: ...


def every_unconfirmed_note_is_marked(profile: Described) -> Iterator[str]:
    for note in profile.notes:
        if _DOUBTFUL.search(note) and not note.startswith(DOUBT):
            yield f"the note {note!r} is in doubt: begin it with {DOUBT}"


def every_model_is_named_after_its_maker(profile: Described) -> Iterator[str]:
    first_word = re.split(r"[^a-z0-9]+", profile.maker.lower())[0]
    if not profile.name.startswith(first_word):
        yield f"the model of {profile.maker} must be named {first_word}-..."


def every_model_has_a_vector(profile: Described, vectors: Collection[str]) -> Iterator[str]:
    """`vectors` are the models that have a vector file."""
    if profile.name not in vectors:
        yield "there is no vector file: a description without a transcript is not tested"
