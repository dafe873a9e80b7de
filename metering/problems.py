"""What an engineer should do today, ranked: what is lost first comes first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, NamedTuple

from metering.outcomes import OUTCOMES, Explanation
from metering.polls import Budget, Outcome

NEVER: Final = datetime(2199, 1, 1, tzinfo=UTC)


class ProblemKind(StrEnum):
    """What is the matter, the most urgent first."""

    SLOTS_FALL_OUT = "slots_fall_out"
    NO_CLOSING = "no_closing"
    HELD_READINGS = "held_readings"
    NOT_READ = "not_read"
    LINE_DOWN = "line_down"
    MODEM_DOWN = "modem_down"
    GATEWAY_WEDGED = "gateway_wedged"
    COLLECTOR_AWAY = "collector_away"
    CLOCK_DRIFTS = "clock_drifts"
    SPOOL_FILLS = "spool_fills"
    STRANGERS = "strangers"
    NOT_POLLED = "not_polled"


RANKS: Final[Mapping[ProblemKind, int]] = {kind: rank for rank, kind in enumerate(ProblemKind)}

PROBLEMS: Final[Mapping[ProblemKind, Explanation]] = {
    ProblemKind.SLOTS_FALL_OUT: Explanation(
        "Archive records that are not stored will soon be overwritten in the meter.",
        "The meter was not read for long, or its budget is spent.",
        "Read the meter before that day: ask for a poll, raise the budget, or send somebody with a laptop.",
    ),
    ProblemKind.NO_CLOSING: Explanation(
        "The bill waits for a reading taken at the closing of the month.",
        "The meter was not read since then.",
        "Ask for a poll now; if it fails, read the meter on site before the deadline.",
    ),
    ProblemKind.HELD_READINGS: Explanation(
        "Readings wait in quarantine for a decision.",
        "Another meter answered, its settings were changed, a register went back, or its clock is wrong.",
        "Look at what was held and accept or reject it.",
    ),
    ProblemKind.NOT_READ: Explanation(
        "The meter has not been read for more than a day.",
        "No collector serves its line, or none was running.",
        "Look at the collectors and at who may serve the line.",
    ),
    ProblemKind.LINE_DOWN: Explanation(
        "No meter of the line can be reached.",
        "The gateway or modem on site is without power, out of coverage, or its address has changed.",
        "Check power and signal on site.",
    ),
    ProblemKind.MODEM_DOWN: Explanation(
        "A modem of ours fails again and again.",
        "Its SIM, its antenna or its power.",
        "Read its own words in the list of modems; check SIM, antenna and power.",
    ),
    ProblemKind.GATEWAY_WEDGED: Explanation(
        "The gateway accepts connections but passes nothing on.",
        "It hangs, or holds the line for a connection that is long dead.",
        "Restart the gateway; let it restart itself every day if it can.",
    ),
    ProblemKind.COLLECTOR_AWAY: Explanation(
        "A collector that lines are at home with has not been heard of.",
        "Its process or its machine stopped, or it is cut off from the database.",
        "Start it again, or let another collector take its lines.",
    ),
    ProblemKind.CLOCK_DRIFTS: Explanation(
        "The meter's clock is far off.",
        "It drifts, or its battery was changed.",
        "Set the clock before its readings are held in quarantine.",
    ),
    ProblemKind.SPOOL_FILLS: Explanation(
        "Readings wait on a collector's disk for the database.",
        "The database was away, or takes less than is read.",
        "Look at the database and at the room on the collector's disk.",
    ),
    ProblemKind.STRANGERS: Explanation(
        "Devices that nobody registered connect to us.",
        "A modem was installed and not registered, or its identity was mistyped.",
        "Look at the list of strangers and register those that are ours.",
    ),
    ProblemKind.NOT_POLLED: Explanation(
        "A meter is installed at a usage point and is not polled.",
        "Polling was switched off for it.",
        "Switch it on, or take its readings by hand every month.",
    ),
}


class Where(NamedTuple):
    """What the problem is about: "" and 0 are what does not apply. `name` is what people call it."""

    name: str
    point: str = ""
    usage_point_id: int = 0
    district: str = ""
    service_centre: str = ""
    meter_id: int = 0
    line_id: int = 0
    modem_id: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """`count`: slots, held polls, meters, lines, entries or strangers, by kind.

    `since`: how long it has been so; `due_at`: when it is too late. `budget`: what is spent, until
    `spared_until`. `detail`: a device's own words.
    """

    kind: ProblemKind
    where: Where
    outcome: Outcome | None = None
    count: int = 1
    since: datetime | None = None
    due_at: datetime | None = None
    budget: Budget | None = None
    spared_until: datetime | None = None
    detail: str = ""

    @property
    def key(self) -> tuple[int, datetime, datetime, str]:
        """By which problems are ranked: kind, what is due first, what has lasted longest."""
        where = self.where
        identity = f"{where.usage_point_id}.{where.meter_id}.{where.line_id}.{where.modem_id}.{where.name}"
        return RANKS[self.kind], self.due_at or NEVER, self.since or NEVER, f"{identity}.{self.detail}"

    @property
    def explanation(self) -> Explanation:
        """What is the matter; cause and next step are the outcome's where one says them."""
        general = PROBLEMS[self.kind]
        known = OUTCOMES[self.outcome] if self.outcome else general
        return Explanation(
            general.meaning, known.cause or general.cause, known.next_step or general.next_step
        )


def ranked(problems: Iterable[Problem]) -> list[Problem]:
    """The most urgent first."""
    return sorted(problems, key=lambda problem: problem.key)
