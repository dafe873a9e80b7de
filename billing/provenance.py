"""Where a line comes from: readings, the polls that brought them with their bytes, acts and decisions.

The line itself says which readings it rests on. Everything else is looked up, and is as it is known today.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from metering.polls import Direction, Frame
from storage.acts import Acts, StoredAct
from storage.held import Held, HeldPoll
from storage.polls import Polls, StoredPoll
from storage.pool import Database
from storage.readings import Readings, Revision
from storage.register_events import RegisterEvents, StoredEvent
from storage.registered import Meter
from storage.usage_points import Registry

MOST_POLLS: Final = 24
"""Polls whose bytes are shown; of a line that rests on more, those of its boundaries come first."""
MOST_FRAMES: Final = 8
"""Frames of one poll that are shown."""
MOST_EVENTS: Final = 100
MOST_REVISIONS: Final = 200
"""Of one line."""
_SIDES: Final = ("opening", "closing")

_Place = tuple[int, int]
"""A meter and one of its circuits."""
One = TypeVar("One")


@dataclass(frozen=True, slots=True)
class Shown(Generic[One]):
    """The newest of many, and how many more there are."""

    items: tuple[One, ...] = ()
    left_out: int = 0

    @classmethod
    def newest(cls, found: Sequence[One], most: int) -> Shown[One]:
        """At most so many, of what is in the order of time."""
        left_out = max(len(found) - most, 0)
        return cls(tuple(found[left_out:]), left_out)


@dataclass(frozen=True, slots=True)
class Boundary:
    """The level at one boundary of one meter's segment. `level`: as it was frozen, without its sources."""

    meter_id: int
    side: str
    level: Mapping[str, Any]
    sources: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class PollOrigin:
    """A poll, who was asked, and the frames that brought the readings, each with its question.

    `held`: that its readings were in quarantine, and what was decided.
    """

    poll: StoredPoll
    meter: Meter | None
    frames: tuple[Frame, ...]
    held: HeldPoll | None


@dataclass(frozen=True, slots=True)
class Provenance:
    """All that a line rests on. `polls_left_out`: how many more polls there are than MOST_POLLS."""

    contents: Mapping[str, Any]
    boundaries: tuple[Boundary, ...]
    polls: tuple[PollOrigin, ...]
    polls_left_out: int
    acts: tuple[StoredAct, ...]
    register_events: Shown[StoredEvent]
    revisions: Shown[Revision]


class Provenances:
    """Looks up what a line rests on."""

    def __init__(self, database: Database) -> None:
        self._polls = Polls(database)
        self._held = Held(database)
        self._acts = Acts(database)
        self._registry = Registry(database)
        self._events = RegisterEvents(database)
        self._readings = Readings(database)

    async def of(self, contents: Mapping[str, Any]) -> Provenance:
        """Of the contents of a line, as they were or would be frozen."""
        boundaries = tuple(_boundaries(contents))
        wanted = _frames_by_poll(boundaries)
        shown = [
            origin
            for poll, numbers in list(wanted.items())[:MOST_POLLS]
            if (origin := await self._origin(poll, numbers)) is not None
        ]
        acts = await self._acts.list(usage_point_id=contents["usage_point_id"])
        return Provenance(
            contents,
            boundaries,
            tuple(shown),
            max(len(wanted) - MOST_POLLS, 0),
            tuple(acts),
            await self._events_of(contents),
            await self._revisions_of(contents),
        )

    async def _events_of(self, contents: Mapping[str, Any]) -> Shown[StoredEvent]:
        """What befell the registers before the period's end: their levels are raised by all of that."""
        end, quantity = _instant(contents["period"]["end"]), contents["quantity"]
        found = [
            one
            for meter, circuit in _places(contents)
            for one in await self._events.of_register(meter, circuit, quantity, end)
        ]
        return Shown.newest(sorted(found, key=lambda one: one.event.at), MOST_EVENTS)

    async def _revisions_of(self, contents: Mapping[str, Any]) -> Shown[Revision]:
        """Values of the period, its boundaries included, that do not stand any more."""
        start, end = (_instant(contents["period"][side]) for side in ("start", "end"))
        places = _places(contents)
        found = [
            one
            for meter in sorted({meter for meter, _ in places})
            for one in await self._readings.revisions(meter, start, end + timedelta(hours=1))
            if (meter, one.old.circuit) in places and one.old.quantity == contents["quantity"]
        ]
        return Shown.newest(sorted(found, key=lambda one: one.old.slot.start), MOST_REVISIONS)

    async def _origin(self, poll_id: UUID, numbers: set[int]) -> PollOrigin | None:
        poll = await self._polls.poll(poll_id)
        if poll is None:
            return None
        frames = await self._polls.frames(poll_id)
        meter = await self._registry.meter(poll.meter_id)
        held = await self._held.get(poll_id) if poll.held is not None else None
        return PollOrigin(poll, meter, tuple(_with_questions(frames, numbers)), held[0] if held else None)


def _places(contents: Mapping[str, Any]) -> list[_Place]:
    return sorted({(segment["meter_id"], segment["circuit"]) for segment in contents["segments"]})


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _boundaries(contents: Mapping[str, Any]) -> Iterator[Boundary]:
    for segment in contents["segments"]:
        for side in _SIDES:
            if segment[side] is not None:
                level = {name: value for name, value in segment[side].items() if name != "sources"}
                yield Boundary(segment["meter_id"], side, level, tuple(segment[side]["sources"]))


def _frames_by_poll(boundaries: Sequence[Boundary]) -> dict[UUID, set[int]]:
    """The numbers of the frames that are referred to; the first and last source of each boundary first."""
    ends = [one for boundary in boundaries for one in (*boundary.sources[:1], *boundary.sources[-1:])]
    every = [one for boundary in boundaries for one in boundary.sources]
    found: dict[UUID, set[int]] = {}
    for source in (*ends, *every):
        if source.get("poll_id") is not None:
            found.setdefault(UUID(source["poll_id"]), set()).add(source["frame"])
    return found


def _with_questions(frames: Sequence[Frame], numbers: set[int]) -> Iterator[Frame]:
    """The frames of these numbers, each after the last one that was sent before it."""
    asked: dict[int, Frame] = {}
    question: Frame | None = None
    for frame in frames:
        if frame.direction is Direction.SENT:
            question = frame
        if frame.number in numbers:
            asked |= {one.number: one for one in (question, frame) if one is not None}
    yield from [asked[number] for number in sorted(asked)][:MOST_FRAMES]
