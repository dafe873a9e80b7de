"""Acts and continuous-operation sheets as people read them in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from metering.act_codec import contents_json
from metering.acts import Contents
from metering.continuous_operation import OperationSheet
from metering.reasons import Reason
from reports.act_words import FIELDS, KINDS, REQUIREMENTS
from storage.acts import StoredAct
from teplo.texts import Translate


def print_contents(contents: Contents, _: Translate) -> None:
    """The form, field by field, then its components and who was there."""
    console = Console(highlight=False)
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, value in _told(contents_json(contents)):
        table.add_row(_(name), str(value))
    console.print(table)
    if contents.components:
        console.print(_components(contents, _))
    for line in (*contents.representatives, *contents.objections):
        console.print(f"- {line}", markup=False)


def print_reasons(reasons: Iterable[Reason], _: Translate) -> None:
    """One line each; what hinders an admission is marked."""
    console = Console(highlight=False, soft_wrap=True)
    for one in reasons:
        console.print(f"{'!' if one.hinders else '-'} {one.text(_)}", markup=False)


def print_acts(acts: Iterable[StoredAct], _: Translate) -> None:
    """A line for each act."""
    columns = (_("number"), _("kind"), _("from"), _("serial number"), _("entered by"), _("annulled"))
    table = Table(*columns, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for act in acts:
        because = act.annulled.because if act.annulled else ""
        at = f"{act.at:%Y-%m-%d %H:%M}Z"
        table.add_row(act.number, _(KINDS[act.kind]), at, act.contents.serial, act.entered_by, because)
    Console(highlight=False).print(table)


def print_sheet(sheet: OperationSheet, _: Translate) -> None:
    """The verdict on each requirement, with what stands against it."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{sheet.span.start:%Y-%m-%d %H:%M}Z .. {sheet.span.end:%Y-%m-%d %H:%M}Z", markup=False)
    for verdict in sheet.verdicts:
        word = _("met") if verdict.met else _("not met")
        console.print(f"{_(REQUIREMENTS[verdict.requirement])}: {word}", markup=False)
        print_reasons(verdict.reasons, _)


def _told(form: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for part, field, name in FIELDS:
        value = ((form[part] or {}) if part else form).get(field)
        if value not in (None, ""):
            yield name, value


def _components(contents: Contents, _: Translate) -> Table:
    columns = (_("component"), _("type"), _("serial number"), _("seal"), _("verified"), _("valid through"))
    table = Table(*columns, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for one in contents.components:
        days = (str(day or "") for day in (one.verified_on, one.verification_due))
        table.add_row(one.kind.value.replace("_", " "), one.type, one.serial, one.seal, *days)
    return table
