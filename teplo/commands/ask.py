"""`teplo ask SERIAL`: have a registered meter read now, by the collector of its line."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final
from uuid import uuid4

import typer
from rich.console import Console
from rich.progress import Progress, TaskID

from collector.supervisor import wait
from metering.calendar import ArchiveKind, MeterZone
from metering.errors import ConfigurationError
from metering.requests import ENDED, PollRequest, RequestKind, RequestState
from storage.collectors import Collectors
from storage.jobs import OPERATORS_PRIORITY, Jobs
from storage.poll_requests import PollRequests, StoredRequest
from storage.pool import Database
from storage.registered import Line, Meter
from storage.usage_points import Registry
from teplo.ask_report import Answer, print_answer
from teplo.composition import clock, texts
from teplo.moments import moment_in
from teplo.operators import named
from teplo.progress import counting
from teplo.registered import polled_meter
from teplo.with_database import with_database

SOON: Final = timedelta(seconds=20)
"""A collector that is alive and free takes a request up before that."""
LOOK: Final = 0.5
"""Seconds between two looks at how far it has come."""
NOT_DONE: Final = 1
"""The exit code of a request that ended in any other way than done."""


def ask(
    serial: Annotated[str, typer.Argument(help="Serial number of the meter.")],
    what: Annotated[
        RequestKind,
        typer.Argument(help="now: all that is due; archive: a part of one; link: can it be reached."),
    ] = RequestKind.NOW,
    kind: Annotated[ArchiveKind | None, typer.Option(help="Which archive, with archive alone.")] = None,
    start: Annotated[
        str,
        typer.Option("--from", help="Its first slot, in the meter's time: 2026-01-01 or 2026-01-01T05:00."),
    ] = "",
    end: Annotated[str, typer.Option("--to", help="The slot before which it ends.")] = "",
    operator: Annotated[str, typer.Option(help="Who asks.", callback=named)] = "command line",
    model: Annotated[str, typer.Option(help="Where two makes have a meter of this number.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Have a registered meter read now, before everything else on its line, and wait for the result.

    Ctrl-C cancels the request; what was read until then is kept.
    """
    if any(bool(one) != (what is RequestKind.ARCHIVE) for one in (kind, start, end)):
        raise ConfigurationError("`archive` wants --kind, --from and --to; the others want none of them.")
    wish = _Wish(serial, model, what, operator, kind, start, end)
    answer = with_database(lambda database: _ask(database, wish), operator)
    print(answer.as_json()) if as_json else print_answer(answer, texts())
    if answer.request.state is not RequestState.DONE:
        raise typer.Exit(NOT_DONE)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What was typed; `start` and `end` are the meter's time."""

    serial: str
    model: str
    what: RequestKind
    operator: str
    kind: ArchiveKind | None
    start: str
    end: str

    def request(self, meter: Meter) -> PollRequest:
        zone, parts = MeterZone(meter.zone), (self.start, self.end)
        start, end = (moment_in(zone, text) if text else None for text in parts)
        return PollRequest(uuid4(), meter.id, self.what, self.operator, clock(), self.kind, start, end)


async def _ask(database: Database, wish: _Wish) -> Answer:
    requests, meter = PollRequests(database), await polled_meter(database, wish.serial, wish.model)
    request = wish.request(meter)
    try:
        ended = await awaited(request, meter, database)
    except asyncio.CancelledError:
        await _cancel(requests, request)
        raise
    learned = await requests.learned(ended.poll_id) if ended.poll_id else None
    return Answer(ended, learned)


async def _cancel(requests: PollRequests, request: PollRequest) -> None:
    """Ours alone: where somebody else had asked the same before, his goes on."""
    if await requests.cancel(request.id, request.operator, clock()):
        _ = texts()
        Console(stderr=True).print(_("The request was cancelled; what was read until then is kept."))


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why nobody has begun yet."""

    line: Line | None
    collectors: Collectors

    async def reason(self, so_long: timedelta) -> str:
        """What a person who waits for the line is told."""
        _ = texts()
        alive = await self.collectors.alive() if so_long > SOON else None
        if alive is not None and not alive:
            return _("no collector is running: start one with `teplo collector`")
        named = self.line.collector if self.line else None
        if alive is not None and named and named not in alive:
            return _("collector {name}, which has the line, is not running").format(name=named)
        return _("waiting for the line")


async def awaited(request: PollRequest, meter: Meter, database: Database) -> StoredRequest:
    """Asks, has the line served first, shows how far it comes, and gives the request as it ended."""
    requests, asked_at = PollRequests(database), clock()
    asked = await requests.ask(request)
    line = await Registry(database).line(meter.line_id)
    await Jobs(database).request_line(meter.line_id, line.queue if line else None, OPERATORS_PRIORITY)
    waiting = Waiting(line, Collectors(database))
    with counting() as bar:
        task = bar.add_task(await waiting.reason(timedelta()), total=None)
        while stored := await requests.get(asked.id):
            if stored.state in ENDED:
                return stored
            if stored.started_at is None:
                bar.update(task, description=await waiting.reason(clock() - asked_at))
            else:
                _show(bar, task, stored)
            await wait(asyncio.Event(), LOOK)
            _obey_ctrl_c()
    raise ConfigurationError(f"The request {asked.id} is gone from the database.")


def _obey_ctrl_c() -> None:
    """A wait with a time-out may swallow a cancellation that comes together with its result (Python 3.11)."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _show(bar: Progress, task: TaskID, stored: StoredRequest) -> None:
    _ = texts()
    bar.update(task, description=_("reading"), total=stored.wanted or None, completed=stored.done)
