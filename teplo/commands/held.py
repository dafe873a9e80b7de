"""`teplo held`: readings in quarantine, and the decision on them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Final, TypeVar
from uuid import UUID

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from metering.errors import ConfigurationError
from metering.holding import changed_settings
from metering.polls import HoldReason, PollReport
from storage.decisions import Act, Decided, Decisions
from storage.held import Held, HeldPoll, HeldState
from storage.pool import Database, acting
from storage.usage_points import Meter, Registry
from teplo.command_group import command_group
from teplo.composition import clock, texts
from teplo.report import print_report
from teplo.settings import settings_with_database
from teplo.texts import Translate, mark

T = TypeVar("T")

LONGEST_OPERATOR: Final = 80
LONGEST_NOTE: Final = 2000
MOST_SHOWN: Final = 1000
REASONS: Final[Mapping[HoldReason, str]] = {
    HoldReason.NEW_METER: mark("another meter answered"),
    HoldReason.SCHEME_CHANGED: mark("the meter's settings changed"),
    HoldReason.REGISTER_RESET: mark("a register stands lower than before"),
    HoldReason.CLOCK_WRONG: mark("the meter's clock is off"),
}
STATES: Final[Mapping[HeldState, str]] = {
    HeldState.WAITING: mark("waiting"),
    HeldState.ACCEPTED: mark("accepted"),
    HeldState.REJECTED: mark("rejected"),
}

held = command_group("held", "Readings in quarantine: why they wait, and the decision on them.")

Serial = Annotated[str, typer.Argument(help="Registered serial number of the meter.")]
Operator = Annotated[str, typer.Option(help="Who decides; it stands in the journal.")]
Reason = Annotated[HoldReason | None, typer.Option(help="Where polls wait for several reasons.")]
Model = Annotated[str, typer.Option(help="Where two makes have a meter of this number.")]
Note = Annotated[str, typer.Option(help="Why, e.g. the number of an act.")]
PollIds = Annotated[list[UUID] | None, typer.Option("--poll", help="This poll alone; repeatable.")]


@held.command(name="list")
def list_held(
    every: Annotated[bool, typer.Option("--all", help="Also what was decided on.")] = False,
) -> None:
    """Polls whose readings wait for a decision, newest first."""
    state = None if every else HeldState.WAITING
    found = asyncio.run(_with_database(lambda one: Held(one).list(state, limit=MOST_SHOWN)))
    _print(found, texts())


@held.command()
def show(
    which: Annotated[str, typer.Argument(help="A poll of `teplo held list`, or a serial: its newest.")],
) -> None:
    """Why a poll's readings wait, and everything that it brought."""
    found = asyncio.run(_with_database(lambda one: _held(one, which)))
    if found is None:
        raise ConfigurationError(
            f"No readings of poll or meter {which} were ever held; see `teplo held list --all`."
        )
    _print_one(*found, texts())


@held.command()
def accept(
    serial: Serial,
    operator: Operator,
    reason: Reason = None,
    note: Note = "",
    poll: PollIds = None,
    model: Model = "",
) -> None:
    """Store what waits of a meter as if it had never been held, in one act.

    A new meter is registered in the old one's place from the first of these polls on.
    """
    decided = asyncio.run(_decide(Decisions.accept, serial, model, reason, operator, note, poll or ()))
    _ = texts()
    print(_("{count} polls accepted.").format(count=len(decided.polls)))


@held.command()
def reject(
    serial: Serial,
    operator: Operator,
    reason: Reason = None,
    note: Note = "",
    poll: PollIds = None,
    model: Model = "",
) -> None:
    """Keep what waits of a meter out of the archive for good; its slots are asked for again."""
    decided = asyncio.run(_decide(Decisions.reject, serial, model, reason, operator, note, poll or ()))
    _ = texts()
    print(_("{count} polls rejected.").format(count=len(decided.polls)))


async def _decide(
    decide: Callable[[Decisions, Act], Awaitable[Decided]],
    serial: str,
    model: str,
    reason: HoldReason | None,
    operator: str,
    note: str,
    polls: Sequence[UUID],
) -> Decided:
    if not 0 < len(operator.strip()) <= LONGEST_OPERATOR or len(note) > LONGEST_NOTE:
        raise ConfigurationError(
            f"--operator is a name of 1 to {LONGEST_OPERATOR} characters, --note has {LONGEST_NOTE} at most."
        )
    acting(operator.strip())
    async with Database(settings_with_database().database_url) as database:
        meter = await _meter(database, serial, model)
        chosen = reason or await _only_reason(database, meter)
        act = Act(meter.id, chosen, operator.strip(), clock(), note, tuple(polls))
        return await decide(Decisions(database), act)


async def _held(database: Database, which: str) -> tuple[HeldPoll, PollReport] | None:
    try:
        return await Held(database).get(UUID(which))
    except ValueError:
        meter = await _meter(database, which, "")
    newest = await Held(database).list(None, meter.id, limit=1)
    return await Held(database).get(newest[0].poll_id) if newest else None


async def _meter(database: Database, serial: str, model: str) -> Meter:
    meters = await Registry(database).meters_of_serial(serial)
    found = [meter for meter in meters if model in ("", meter.model)]
    if len(found) != 1:
        many = f"{len(found)} meters have" if found else "No meter has"
        raise ConfigurationError(f"{many} the serial number {serial}; compare the registry, or name --model.")
    return found[0]


async def _only_reason(database: Database, meter: Meter) -> HoldReason:
    waiting = await Held(database).list(HeldState.WAITING, meter.id, limit=MOST_SHOWN)
    reasons = {one.reason for one in waiting}
    if len(reasons) != 1:
        there = f"for several reasons: {', '.join(sorted(reasons))}; name --reason" if reasons else "no more"
        raise ConfigurationError(f"Polls of meter {meter.serial} wait {there}.")
    return reasons.pop()


async def _with_database(act: Callable[[Database], Awaitable[T]]) -> T:
    async with Database(settings_with_database().database_url) as database:
        return await act(database)


def _print(found: Sequence[HeldPoll], _: Translate) -> None:
    if not found:
        print(_("No readings wait."))
        return
    headings = (_("held at, UTC"), _("serial"), _("reason"), _("answered"), _("state"), _("by"), _("poll"))
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for one in found:
        table.add_row(
            f"{one.held_at:%Y-%m-%d %H:%M}",
            one.serial,
            _(REASONS[one.reason]),
            one.identity.serial if one.identity else "-",
            _(STATES[one.state]),
            one.decided_by or "-",
            str(one.poll_id),
        )
    Console(highlight=False).print(table)


def _print_one(one: HeldPoll, report: PollReport, _: Translate) -> None:
    told = [_(REASONS[one.reason]), _("registered: {serial}").format(serial=one.serial)]
    for name, before, now in changed_settings(one.accepted_configuration, one.configuration):
        told.append(f"{name}: {before or '-'} -> {now or '-'}")
    if one.decided_at:
        decision = f"{_(STATES[one.state])}, {one.decided_by}, {one.decided_at:%Y-%m-%d %H:%M} UTC"
        told += [f"{decision}: {one.note}" if one.note else decision]
    print("\n".join(told))
    print_report(report, _)
