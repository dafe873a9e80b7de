"""What a reference leaves open: choices of the line, each word with what it lays over the profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from metering.errors import ProfileError
from protocols.declaration import Declaration
from protocols.driver import Choice


def chosen(root: Declaration, words: Mapping[str, str]) -> tuple[Declaration, tuple[Choice, ...]]:
    """The profile as these words make it, and what there was to choose; unchosen stays at its first word."""
    choices = []
    for choice, variants in list(_choices(root)):
        word = words.get(choice.name, choice.words[0])
        if word not in variants:
            raise ProfileError(f"{root.place}: the choice {choice.name} has no word {word!r}.")
        root = Declaration(variants[word], root.place).laid_over(root)
        choices.append(choice)
    return root, tuple(choices)


def _choices(root: Declaration) -> Iterator[tuple[Choice, Mapping[str, Any]]]:
    for table in root.tables("choice"):
        variants = table.take("variants", dict)
        if len(variants) < 2 or not all(isinstance(variant, dict) for variant in variants.values()):
            raise ProfileError(f"{table.place}: variants must be two tables or more.")
        yield Choice(table.take("name", str), tuple(variants), table.take("why", str)), variants
        table.finish()
