"""Heartbeats taken out of a stream of bytes, and never a byte of a meter's answer (gprs-gateways.md, 2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

SHORTEST_ANYWHERE: Final = 5
"""Bytes; a shorter pattern stands in some meter's answer sooner or later."""
FEWEST_DIFFERENT: Final = 4
"""A pattern of fewer different bytes, as zeros in a row, stands in many meters' answers."""
LARGEST_ANSWER: Final = 512
"""Bytes answered at one time; a modem that sends heartbeats without an end is not answered without one."""


class HeartbeatFilter:
    """Passes on what is no heartbeat, in order and whole; a `prefix` goes as a heartbeat does, uncounted.

    `answers`: what each pattern wants to hear. At the beginning of a burst (at first and after quiet()) every
    pattern is taken out, several in a row too. Further behind only those are that no meter says by chance.
    """

    def __init__(self, answers: Mapping[bytes, bytes], prefix: bytes = b"") -> None:
        patterns = sorted({*answers, prefix} - {b""}, key=lambda pattern: (-len(pattern), pattern))
        distinctive = [pattern for pattern in patterns if _is_distinctive(pattern)]
        self.count = 0
        self._answers = answers
        self._wanted = bytearray()
        self._at_beginning = Markers(patterns)
        self._anywhere = Markers(distinctive)
        self._burst_begins = True
        self._held = b""

    @property
    def pending(self) -> bool:
        """Whether the possible beginning of a heartbeat is held back."""
        return bool(self._held)

    def hear(self, data: bytes) -> bytes:
        """What is known by now to be no heartbeat."""
        return self._sift(self._held + data, final=False)

    def quiet(self) -> bytes:
        """The burst is over: what was held back, less the heartbeats that are whole."""
        payload = self._sift(self._held, final=True)
        self._burst_begins = True
        return payload

    def answers(self) -> bytes:
        """What the heartbeats since the last call want to hear."""
        wanted = bytes(self._wanted)
        self._wanted.clear()
        return wanted

    def _sift(self, heard: bytes, *, final: bool) -> bytes:
        behind = self._past_the_beginning(heard, final)
        if self._burst_begins:
            self._held = behind
            return b""
        return self._without_markers(behind, final)

    def _past_the_beginning(self, heard: bytes, final: bool) -> bytes:
        """Without the heartbeats at the beginning; while one may follow yet, the burst still begins."""
        place = 0
        while self._burst_begins and place < len(heard):
            if not final and self._at_beginning.is_undecided(heard, place):
                break
            found = self._at_beginning.whole.match(heard, place)
            self._burst_begins = found is not None
            if found:
                self._count(found[0])
                place = found.end()
        return heard[place:]

    def _without_markers(self, heard: bytes, final: bool) -> bytes:
        payload, place = bytearray(), 0
        undecided = len(heard) if final else self._anywhere.undecided_from(heard, 0)
        while (found := self._anywhere.whole.search(heard, place)) and found.start() < undecided:
            payload += heard[place : found.start()]
            self._count(found[0])
            place = found.end()
            if undecided < place:
                undecided = self._anywhere.undecided_from(heard, place)
        self._held = heard[undecided:]
        return bytes(payload + heard[place:undecided])

    def _count(self, pattern: bytes) -> None:
        if pattern not in self._answers:
            self._burst_begins = False
            return
        self.count += 1
        answer = self._answers[pattern]
        if len(self._wanted) + len(answer) <= LARGEST_ANSWER:
            self._wanted += answer


def _is_distinctive(pattern: bytes) -> bool:
    return len(pattern) >= SHORTEST_ANYWHERE and len(set(pattern)) >= FEWEST_DIFFERENT


class Markers:
    """Patterns, the longest first, so that of two that begin alike the longer one is found."""

    def __init__(self, patterns: list[bytes]) -> None:
        self._patterns = patterns
        self._longest = max(map(len, patterns), default=0)
        self.whole = re.compile(b"|".join(re.escape(pattern) for pattern in patterns) or b"(?!)")

    def undecided_from(self, heard: bytes, place: int) -> int:
        """Where, from `place` on, a pattern may have begun whose end is missing; else the end of all."""
        places = range(max(place, len(heard) - self._longest + 1), len(heard))
        return next((at for at in places if self.is_undecided(heard, at)), len(heard))

    def is_undecided(self, heard: bytes, place: int) -> bool:
        """Whether a pattern may have begun at this very place whose end is missing."""
        size = len(heard) - place
        return size < self._longest and any(
            len(pattern) > size and pattern.startswith(heard[place:]) for pattern in self._patterns
        )
