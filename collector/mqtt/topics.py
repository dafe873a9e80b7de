"""The topics under which Teplo's own processes talk.

teplo/reports/<collector>/<kind>     an entry on its way to the database (storage/wire.py)
teplo/books/<collector>/<line id>    what a collector must know to serve a line; retained
teplo/lines/<collector>              the lines that are its to serve; retained
teplo/status/<collector>             whether a collector is there and how full its disk is; retained
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, unquote

REPORTS: Final = "teplo/reports/#"
STATUS: Final = "teplo/status/+"
MOST_LEVELS: Final = 32


def report(collector: str, kind: str) -> str:
    """Where a collector publishes entries of this kind."""
    return f"teplo/reports/{_level(collector)}/{kind}"


def reported(topic: str) -> tuple[str, str] | None:
    """Collector and kind of an entry's topic; None when it is none."""
    match topic.split("/"):
        case ["teplo", "reports", collector, kind]:
            return unquote(collector), kind
    return None


def book(collector: str, line_id: int) -> str:
    """Where a line's book lies for its collector."""
    return f"teplo/books/{_level(collector)}/{line_id}"


def books(collector: str) -> str:
    """A filter for all books of a collector."""
    return f"teplo/books/{_level(collector)}/+"


def lines(collector: str) -> str:
    """Where the ids of a collector's lines stand."""
    return f"teplo/lines/{_level(collector)}"


def booked_line(collector: str, topic: str) -> int | None:
    """The line whose book this collector finds under this topic."""
    start, _, line_id = topic.rpartition("/")
    return int(line_id) if start == f"teplo/books/{_level(collector)}" and line_id.isdecimal() else None


def status(collector: str) -> str:
    """Where a collector says how it is."""
    return f"teplo/status/{_level(collector)}"


def told_of(topic: str) -> str | None:
    """The collector of which a status tells; None when the topic is none."""
    match topic.split("/"):
        case ["teplo", "status", collector]:
            return unquote(collector)
    return None


def matches(topics: str, topic: str) -> bool:
    """Whether a filter with `+` for one level and `#` for all that follow takes this topic."""
    wanted, given = topics.split("/"), topic.split("/", MOST_LEVELS)
    if wanted[-1] == "#":
        wanted, given = wanted[:-1], given[: len(wanted) - 1]
    return len(wanted) == len(given) and all(
        one in ("+", other) for one, other in zip(wanted, given, strict=True)
    )


def _level(name: str) -> str:
    """A name as one level of a topic: the signs of filters and levels are escaped."""
    return quote(name, safe="")
