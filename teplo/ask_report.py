"""What came of a request to a meter, for a person and for a program."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rich.console import Console

from metering.outcomes import OUTCOMES
from metering.polls import Outcome
from metering.requests import RequestState
from storage.poll_requests import Learned, StoredRequest
from teplo.report import plain
from teplo.texts import Translate, mark

STATES: Final[Mapping[RequestState, str]] = {
    RequestState.QUEUED: mark("waiting"),
    RequestState.RUNNING: mark("under way"),
    RequestState.DONE: mark("done"),
    RequestState.FAILED: mark("failed"),
    RequestState.REFUSED: mark("nobody was asked"),
    RequestState.CANCELLED: mark("cancelled"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A request as it ended; nothing was `learned` when it ended without a poll."""

    request: StoredRequest
    learned: Learned | None

    def as_json(self) -> str:
        """One JSON object; durations in seconds, the signal in dBm, what is not known null."""
        request, learned = self.request, self.learned
        found = {
            "id": str(request.id),
            "serial": request.serial,
            "kind": request.request.kind.value,
            "state": request.state.value,
            "message": request.message,
            "requested_at": _iso(request.request.requested_at),
            "finished_at": _iso(request.finished_at),
            "poll": str(request.poll_id) if request.poll_id else None,
            "outcome": learned.outcome.value if learned else None,
            "answered_by": learned.serial if learned else None,
            "clock_difference": _seconds(learned.clock_difference) if learned else None,
            "round_trip": _seconds(request.round_trip),
            "signal": plain(learned.signal) if learned else None,
            "signal_at": _iso(learned.signal_at) if learned else None,
            "records": request.records,
            "gaps": request.gaps,
        }
        return json.dumps(found, indent=2, ensure_ascii=False)


def print_answer(answer: Answer, _: Translate) -> None:
    """What was learned first, then how it ended."""
    console = Console(highlight=False, soft_wrap=True)
    if answer.learned:
        for line in _told(answer.request, answer.learned, _):
            console.print(line, markup=False)
    console.print(f"{_(STATES[answer.request.state])}. {answer.request.message}".rstrip(), markup=False)
    if answer.learned:
        _print_outcome(console, answer.learned.outcome, _)


def _told(request: StoredRequest, learned: Learned, _: Translate) -> Iterator[str]:
    if learned.serial:
        yield _("meter {name}").format(name=learned.serial)
    if learned.clock_difference is not None:
        difference = f"{round(learned.clock_difference.total_seconds()):+d} s"
        yield _("meter clock minus ours: {difference}").format(difference=difference)
    if request.round_trip is not None:
        time = f"{request.round_trip.total_seconds():.2f} s"
        yield _("from a question to its answer: {time}").format(time=time)
    if learned.signal is not None and learned.signal_at is not None:
        level, at = f"{plain(learned.signal)} dBm", f"{learned.signal_at:%Y-%m-%d %H:%M} UTC"
        yield _("signal of the line's modem: {level}, {at}").format(level=level, at=at)
    if request.records or request.gaps:
        yield _("archive records: {records} read, {gaps} that the meter does not have").format(
            records=request.records, gaps=request.gaps
        )


def _print_outcome(console: Console, outcome: Outcome, _: Translate) -> None:
    explanation = OUTCOMES[outcome].translated(_)
    console.print(f"{outcome.value}: {explanation.meaning}", markup=False)
    if outcome is not Outcome.OK:
        console.print(_("likely cause: {cause}").format(cause=explanation.cause), markup=False)
        console.print(_("next step: {step}").format(step=explanation.next_step), markup=False)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


def _seconds(length: timedelta | None) -> float | None:
    return length.total_seconds() if length is not None else None
