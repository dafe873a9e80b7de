"""What of a profile is in force only while a line chooses a certain word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class When:
    """Written `choice=word`."""

    choice: str
    word: str

    def holds(self, words: Mapping[str, str]) -> bool:
        """Whether this word is chosen."""
        return words.get(self.choice) == self.word
