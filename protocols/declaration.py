"""Reads a TOML declaration strictly: what is missing, unknown or of a wrong type is a ProfileError."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

from metering.errors import ProfileError

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

LARGEST: Final = 1_000_000
"""Characters of one declaration; the longest transcript of a meter is a hundredth of that."""


class Declaration:
    """One table of a declaration. Every key is taken once; `finish` refuses what nobody took."""

    def __init__(self, table: Mapping[str, Any], place: str) -> None:
        self.place = place
        self._left = dict(table)

    def __contains__(self, key: str) -> bool:
        return key in self._left

    def take(self, key: str, kind: type[T]) -> T:
        """The value of a key that must be there."""
        if key not in self._left:
            raise ProfileError(f"{self.place}: the key {key!r} is missing.")
        return self._typed(key, self._left.pop(key), kind)

    def is_text(self, key: str) -> bool:
        """Whether this key is there and holds a text."""
        return isinstance(self._left.get(key), str)

    def take_or(self, key: str, default: T) -> T:
        """The value of a key, of the default's type, or the default."""
        return self.take(key, type(default)) if key in self._left else default

    def word(self, key: str, words: type[E], default: E | None = None) -> E:
        """One of the words of an enumeration."""
        if default is not None and key not in self._left:
            return default
        written = self.take(key, str)
        try:
            return words(written)
        except ValueError as error:
            known = ", ".join(words)
            raise ProfileError(f"{self.place}: {key} = {written!r} is none of: {known}.") from error

    def one_of(self, key: str, default: str, known: Iterable[str]) -> str:
        """A text that must be one of the known ones, or the default."""
        written = self.take_or(key, default)
        if written not in known:
            raise ProfileError(f"{self.place}: {key} = {written!r} is none of: {', '.join(known)}.")
        return written

    def listed(self, key: str, kind: type[T]) -> tuple[T, ...]:
        """The items of a list; an absent key is an empty list."""
        return tuple(self._typed(key, item, kind) for item in self.take_or(key, list[Any]()))

    def table(self, key: str) -> Declaration:
        """A table inside this one; an absent key is an empty table."""
        return Declaration(self.take_or(key, dict[str, Any]()), f"{self.place}, [{key}]")

    def tables(self, key: str) -> Iterator[Declaration]:
        """The tables of a list of tables, each named by its number from 1."""
        for number, item in enumerate(self.listed(key, dict), start=1):
            yield Declaration(item, f"{self.place}, [[{key}]] {number}")

    def laid_over(self, other: Declaration) -> Declaration:
        """Another declaration with this one on top of it: tables are merged, lists of tables grow.

        Everything else, lists of plain values included, is replaced.
        """
        return Declaration(_merged(other._left, self._left), self.place)

    def finish(self) -> None:
        """Refuse keys that nobody asked for: a misspelt key must not be ignored."""
        if self._left:
            unknown = ", ".join(sorted(self._left))
            raise ProfileError(f"{self.place}: unknown key {unknown}; check the spelling.")

    def _typed(self, key: str, value: Any, kind: type[T]) -> T:
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise ProfileError(f"{self.place}: {key} = {value!r} must be of type {kind.__name__}.")
        return value


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    return {**below, **{key: _on_top(below.get(key), value) for key, value in above.items()}}


def _on_top(below: Any, above: Any) -> Any:
    if isinstance(below, dict) and isinstance(above, dict):
        return _merged(below, above)
    if _tables_only(below) and _tables_only(above):
        return [*below, *above]
    return above


def _tables_only(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def parse(text: str, place: str) -> Declaration:
    """The outermost table of a declaration; ProfileError when it is not TOML."""
    if len(text) > LARGEST:
        raise ProfileError(f"{place}: longer than {LARGEST} characters.")
    try:
        return Declaration(tomllib.loads(text), place)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"{place}: not TOML: {error}.") from error
