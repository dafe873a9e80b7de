"""One poll's report for a person and for a program."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal

from rich.console import Console
from rich.table import Table

from metering.polls import PollReport
from metering.readings import ArchiveReadings, Reading


def plain(value: Decimal | None) -> str | None:
    """A decimal without exponent and trailing zeros; None stays None."""
    if value is None:
        return None
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def print_report(report: PollReport) -> None:
    """The report as tables on standard output."""
    console = Console()
    if report.identity:
        identity = report.identity
        console.print(f"meter {identity.serial}  {identity.maker} {identity.model}".rstrip())
    if report.clock_difference is not None:
        console.print(f"meter clock minus ours: {report.clock_difference.total_seconds():+.0f} s")
    for snapshot in report.snapshots:
        console.print(
            _table(f"current values at {snapshot.read_at:%Y-%m-%d %H:%M:%S} UTC", snapshot.readings)
        )
    for record in report.archive:
        console.print(_table(f"{record.kind.value} {record.slot.start:%Y-%m-%d %H:%M} UTC", record.readings))
    for gap in report.gaps:
        console.print(f"{gap.kind.value} {gap.slot.start:%Y-%m-%d %H:%M} UTC: {gap.reason.value}")
    console.print(f"{len(report.frames)} frames, outcome: {report.outcome.value}")


def _table(title: str, readings: Iterable[Reading]) -> Table:
    table = Table("quantity", "circuit", "value", "unit", "as the meter says", "doubts", title=title)
    for reading in readings:
        raw = plain(reading.raw_value)
        table.add_row(
            reading.quantity.name,
            str(reading.circuit),
            plain(reading.value) or "-",
            reading.quantity.canonical_unit,
            f"{raw} {reading.raw_unit}" if raw is not None else str(reading.absence),
            ", ".join(sorted(reading.flags)),
        )
    return table


def report_as_json(report: PollReport) -> str:
    """The report as one JSON object; decimals are strings, times ISO 8601."""
    return json.dumps(
        {
            "outcome": report.outcome.value,
            "message": report.message,
            "serial": report.identity.serial if report.identity else None,
            "clock_difference": _seconds(report),
            "snapshots": [
                {
                    "read_at": one.read_at.isoformat(),
                    "meter_time": one.meter_time.isoformat() if one.meter_time else None,
                    "readings": _readings(one.readings),
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
