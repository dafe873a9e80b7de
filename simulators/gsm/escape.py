"""The way out of data mode: three escape characters between two silences of the guard time."""

from __future__ import annotations

from typing import Final

_LENGTH: Final = 3
_HIGHEST_CHARACTER: Final = 127
"""A higher escape character switches the escape off."""


class EscapeWatch:
    """Holds escape characters back until time tells what they are; the clock is the caller's.

    After every byte heard `due` is when to ask `elapsed`; None while nothing is held back.
    """

    def __init__(self, character: int, guard: float, now: float) -> None:
        self._sequence = bytes([character]) * _LENGTH if character <= _HIGHEST_CHARACTER else b""
        self._guard = guard
        self._heard_at = now
        self._held = b""

    @property
    def due(self) -> float | None:
        return self._heard_at + self._guard if self._held else None

    def hear(self, data: bytes, now: float) -> bytes:
        """What of it is payload for certain."""
        waited = now - self._heard_at >= self._guard
        self._heard_at = now
        candidate = self._held + data
        if (self._held or waited) and self._sequence.startswith(candidate):
            self._held = candidate
            return b""
        self._held = b""
        return candidate

    def elapsed(self) -> tuple[bool, bytes]:
        """The guard time passed: whether the caller escaped, or which bytes were payload after all."""
        held, self._held = self._held, b""
        return (True, b"") if held == self._sequence else (False, held)
