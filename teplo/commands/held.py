"""`teplo held`: readings in quarantine, and the decision on them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Final
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
from storage.pool import Database
from storage.registered import Meter
from teplo.command_group import command_group
from teplo.composition import clock, texts
from teplo.operators import named
from teplo.registered import registered_meter
from teplo.report import print_report
from teplo.texts import Translate, mark
from teplo.with_database import with_database

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
Operator = Annotated[str, typer.Option(help="Who decides; it stands in the journal.", callback=named)]
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
    found = with_database(lambda one: Held(one).list(state, limit=MOST_SHOWN))
    _print(found, texts())


@held.command()
def show(
    which: Annotated[str, typer.Argument(help="A poll of `teplo held list`, or a serial: its newest.")],
) -> None:
    """Why a poll's readings wait, and everything that it brought."""
    found = with_database(lambda one: _held(one, which))
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
    decided = _decide(Decisions.accept, serial, model, reason, operator, note, poll or ())
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
    decided = _decide(Decisions.reject, serial, model, reason, operator, note, poll or ())
    _ = texts()
    print(_("{count} polls rejected.").format(count=len(decided.polls)))


def _decide(
    decide: Callable[[Decisions, Act], Awaitable[Decided]],
    serial: str,
    model: str,
    reason: HoldReason | None,
    operator: str,
    note: str,
    polls: Sequence[UUID],
) -> Decided:
    if len(note) > LONGEST_NOTE:
        raise ConfigurationError(f"--note has {LONGEST_NOTE} characters at most.")

    async def decided(database: Database) -> Decided:
        meter = await registered_meter(database, serial, model)
        chosen = reason or await _only_reason(database, meter)
        return await decide(Decisions(database), Act(meter.id, chosen, operator, clock(), note, tuple(polls)))

    return with_database(decided, operator)


async def _held(database: Database, which: str) -> tuple[HeldPoll, PollReport] | None:
    try:
        return await Held(database).get(UUID(which))
    except ValueError:
        meter = await registered_meter(database, which)
    newest = await Held(database).list(None, meter.id, limit=1)
    return await Held(database).get(newest[0].poll_id) if newest else None


async def _only_reason(database: Database, meter: Meter) -> HoldReason:
    waiting = await Held(database).list(HeldState.WAITING, meter.id, limit=MOST_SHOWN)
    reasons = {one.reason for one in waiting}
    if len(reasons) != 1:
        there = f"for several reasons: {', '.join(sorted(reasons))}; name --reason" if reasons else "no more"
        raise ConfigurationError(f"Polls of meter {meter.serial} wait {there}.")
    return reasons.pop()


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
