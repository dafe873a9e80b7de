"""One poll's report for a person and for a program."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from rich import box
from rich.console import Console
from rich.table import Table

from metering.calendar import ArchiveKind
from metering.conditions import Condition
from metering.exact import decimal_text
from metering.explanations import ABSENCES, CONDITIONS, FINDINGS, FLAGS, GAP_REASONS
from metering.outcomes import OUTCOMES
from metering.polls import Outcome, PollReport
from metering.readings import ArchiveReadings, Reading
from teplo.texts import Translate


def plain(value: Decimal | None) -> str | None:
    """A decimal without exponent and trailing zeros; None stays None."""
    return None if value is None else decimal_text(value)


def print_report(report: PollReport, _: Translate) -> None:
    """The report as tables on standard output, in the reader's language."""
    console = Console(highlight=False)
    if report.identity:
        identity = report.identity
        console.print(
            _("meter {name}").format(name=f"{identity.serial} {identity.maker} {identity.model}".strip())
        )
    if report.clock_difference is not None:
        difference = f"{report.clock_difference.total_seconds():+.0f} s"
        console.print(_("meter clock minus ours: {difference}").format(difference=difference))
    for snapshot in report.snapshots:
        title = f"{_('current values')}, {_moment(snapshot.read_at)}"
        console.print(_table(title, [("", reading) for reading in snapshot.readings], _))
        for condition in sorted(snapshot.conditions):
            console.print(_("meter reports: {condition}").format(condition=in_words(condition, _)))
    for kind in ArchiveKind:
        records = [record for record in report.archive if record.kind is kind]
        rows = [(f"{record.slot.start:%Y-%m-%d %H:%M}", one) for record in records for one in record.readings]
        if rows:
            console.print(_table(kind.value, rows, _))
    _print_conditions(console, report.archive, _)
    for gap in report.gaps:
        console.print(f"{gap.kind.value} {_moment(gap.slot.start)}: {_(GAP_REASONS[gap.reason])}")
    for finding in sorted(report.findings):
        console.print(_("line: {finding}").format(finding=_(FINDINGS[finding])))
    _print_outcome(console, report, _)


def _print_conditions(console: Console, records: Iterable[ArchiveReadings], _: Translate) -> None:
    reported = {(record.slot.start, condition) for record in records for condition in record.conditions}
    for moment, condition in sorted(reported):
        told = _("meter reports: {condition}").format(condition=in_words(condition, _))
        console.print(f"{_moment(moment)}: {told}")


def in_words(condition: Condition, _: Translate) -> str:
    """A condition for people: what, where, and the maker's own code of what is unknown."""
    where = [condition.place] if condition.place else []
    if condition.circuit:
        where.append(_("circuit {number}").format(number=condition.circuit))
    told = _(CONDITIONS[condition.name]) + (f" ({condition.code})" if condition.code else "")
    return ", ".join([told, *where])


def _print_outcome(console: Console, report: PollReport, _: Translate) -> None:
    explanation = OUTCOMES[report.outcome].translated(_)
    console.print(f"{report.outcome.value}: {explanation.meaning}")
    if report.outcome is not Outcome.OK:
        console.print(_("likely cause: {cause}").format(cause=explanation.cause), soft_wrap=True)
        console.print(_("next step: {step}").format(step=explanation.next_step), soft_wrap=True)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _table(title: str, rows: Sequence[tuple[str, Reading]], _: Translate) -> Table:
    """Columns that would be empty in every row are left out: a laptop in a cellar has a narrow screen."""
    cells = {
        _("time, UTC"): [time for time, _reading in rows],
        _("quantity"): [_named(reading) for _time, reading in rows],
        _("value"): [_shown(reading.value) for _time, reading in rows],
        _("unit"): [reading.quantity.canonical_unit for _time, reading in rows],
        _("as the meter says"): [_as_said(reading, _) for _time, reading in rows],
        _("doubts"): [", ".join(_(FLAGS[flag]) for flag in sorted(reading.flags)) for _time, reading in rows],
    }
    filled = {heading: column for heading, column in cells.items() if any(column)}
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in filled:
        table.add_column(heading, no_wrap=heading not in (_("as the meter says"), _("doubts")))
    for row in zip(*filled.values(), strict=True):
        table.add_row(*row)
    return table


def _named(reading: Reading) -> str:
    return reading.quantity.name + (f" {reading.circuit}" if reading.circuit > 1 else "")


def _shown(value: Decimal | None) -> str:
    """For the eye: at most six decimals; the JSON report has all of them."""
    return "-" if value is None else decimal_text(round(value, 6))


def _as_said(reading: Reading, _: Translate) -> str:
    if reading.absence is not None:
        return _(ABSENCES[reading.absence])
    return f"{plain(reading.raw_value)} {reading.raw_unit}"


def report_as_json(report: PollReport) -> str:
    """The report as one JSON object; decimals are strings, times ISO 8601."""
    return json.dumps(
        {
            "outcome": report.outcome.value,
            "message": report.message,
            "serial": report.identity.serial if report.identity else None,
            "clock_difference": _seconds(report),
            "findings": sorted(report.findings),
            "snapshots": [
                {
                    "read_at": one.read_at.isoformat(),
                    "meter_time": one.meter_time.isoformat() if one.meter_time else None,
                    "readings": _readings(one.readings),
                    "conditions": sorted(map(str, one.conditions)),
                }
                for one in report.snapshots
            ],
            "archive": [_record(one) for one in report.archive],
            "gaps": [
                {"kind": one.kind.value, "start": one.slot.start.isoformat(), "reason": one.reason.value}
                for one in report.gaps
            ],
            "frames": [{"direction": one.direction.value, "hex": one.data.hex()} for one in report.frames],
        },
        ensure_ascii=False,
    )


def _seconds(report: PollReport) -> float | None:
    return None if report.clock_difference is None else report.clock_difference.total_seconds()


def _record(record: ArchiveReadings) -> dict[str, object]:
    return {
        "kind": record.kind.value,
        "start": record.slot.start.isoformat(),
        "end": record.slot.end.isoformat(),
        "meter_time": record.meter_time.isoformat(),
        "readings": _readings(record.readings),
        "conditions": sorted(map(str, record.conditions)),
    }


def _readings(readings: Iterable[Reading]) -> list[dict[str, object]]:
    return [
        {
            "quantity": one.quantity.name,
            "circuit": one.circuit,
            "value": plain(one.value),
            "unit": one.quantity.canonical_unit,
            "raw_value": plain(one.raw_value),
            "raw_unit": one.raw_unit,
            "factor": plain(one.factor),
            "factor_set": one.factor_set,
            "absence": one.absence,
            "flags": sorted(one.flags),
        }
        for one in readings
    ]
