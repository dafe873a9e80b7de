"""A model with a word for each of its choices: what a line's settings decide (driver.Choice)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final, TypeVar

from protocols.mbus.model import BareVif, Convention, Profile, Row, Stored
from protocols.mbus.offsets import Field

SET_DAY: Final = "set_day"
"""The choice that says what a date of stored levels means; its words are the conventions."""

Conditional = TypeVar("Conditional", Row, BareVif, Field)


def chosen(profile: Profile, words: Mapping[str, str]) -> Profile:
    """The model as the line chooses; a choice without a word takes its first one."""
    settled = {choice.name: words.get(choice.name, choice.words[0]) for choice in profile.choices}
    return replace(
        profile,
        rows=_in_force(profile.rows, settled),
        bare_vifs=_in_force(profile.bare_vifs, settled),
        fields=_in_force(profile.fields, settled),
        stored=_stored(profile.stored, settled.get(SET_DAY)),
    )


def _in_force(parts: Iterable[Conditional], settled: Mapping[str, str]) -> tuple[Conditional, ...]:
    return tuple(part for part in parts if part.when is None or part.when.holds(settled))


def _stored(ranges: tuple[Stored, ...], word: str | None) -> tuple[Stored, ...]:
    if word is None:
        return ranges
    return tuple(replace(stored, convention=Convention(word)) for stored in ranges)
