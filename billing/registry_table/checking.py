"""Whether the registry would hold together: rules over rows and over the file with what stands already.

Each rule tells of every row of the file that breaks it. What stands already is not told of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Any, Final

from billing.registry_table.merging import Entry, Key, Merged
from billing.registry_table.sheets import Fault
from metering.errors import TeploError

Rule = Callable[[Merged], Iterator[Fault]]

_NEEDS: Final = (
    ("districts", ("service_centre",), "service_centres"),
    ("sites", ("service_centre",), "service_centres"),
    ("sites", ("service_centre", "district"), "districts"),
    ("usage_points", ("site",), "sites"),
    ("meters", ("line",), "lines"),
    ("components", ("meter_model", "meter_serial"), "meters"),
    ("installations", ("usage_point",), "usage_points"),
    ("installations", ("meter_model", "meter_serial"), "meters"),
)
"""Of each sheet, the columns that together name a row of another one; an empty one names nothing."""
_FOLLOWS: Final = (
    ("components", "since", "until"),
    ("components", "verified_on", "verification_due"),
    ("installations", "installed_at", "removed_at"),
)
_ONE_AT_A_TIME: Final = (
    ("components", ("meter_model", "meter_serial", "kind"), "since", "until"),
    ("installations", ("usage_point", "circuit"), "installed_at", "removed_at"),
    ("installations", ("meter_model", "meter_serial", "circuit"), "installed_at", "removed_at"),
)
"""Of all rows that are alike in these columns one counts at a time, within [start, end)."""


@dataclass(frozen=True, slots=True)
class LineParts:
    """What a line's URL says.

    `modem`: whether a modem of its own is at its far end; `pushes`: whether nobody asks its meters.
    """

    endpoint: str
    pool: str | None
    modem: bool
    pushes: bool


@dataclass(frozen=True, slots=True)
class Judge:
    """What knows lines and meters. Both raise an error of our tree that says what is wrong.

    `line` reads a URL; `meter` is given the name of a model and an address.
    """

    line: Callable[[str], LineParts]
    meter: Callable[[str, str], object]


def check(merged: Merged, judge: Judge) -> Iterator[Fault]:
    """Everything that is wrong with the rows of the file, sheet by sheet as rules go."""
    rules: tuple[Rule, ...] = (
        what_is_named_is_there,
        the_end_follows_the_start,
        one_counts_at_a_time,
        closing_day_and_hour_go_together,
        a_polled_meter_has_its_own_address,
        lambda whole: nobody_asks_a_meter_that_pushes(whole, judge),
        lambda whole: a_line_can_be_opened(whole, judge),
        lambda whole: a_meter_can_have_its_address(whole, judge),
    )
    for rule in rules:
        yield from rule(merged)


def what_is_named_is_there(merged: Merged) -> Iterator[Fault]:
    for subject, columns, target in _NEEDS:
        for entry in merged.named(subject):
            key = tuple(entry.row[name] for name in columns)
            if all(key) and key not in merged.tables[target]:
                shown = " ".join(map(str, key))
                reason = f"{shown!r} is not in {target}, neither in the file nor in the registry"
                yield _fault(subject, entry, columns[-1], reason)


def the_end_follows_the_start(merged: Merged) -> Iterator[Fault]:
    for subject, start, end in _FOLLOWS:
        for entry in merged.named(subject):
            first, last = entry.row[start], entry.row[end]
            if first is not None and last is not None and last <= first:
                yield _fault(subject, entry, end, f"it must be later than {start}")


def one_counts_at_a_time(merged: Merged) -> Iterator[Fault]:
    for subject, columns, start, end in _ONE_AT_A_TIME:
        alike: dict[Key, list[Entry]] = defaultdict(list)
        for entry in merged.tables[subject].values():
            alike[tuple(entry.row[name] for name in columns)].append(entry)
        for entries in alike.values():
            yield from _overlaps(
                subject, columns, sorted(entries, key=lambda one: one.row[start]), start, end
            )


def _overlaps(
    subject: str, columns: Sequence[str], entries: Sequence[Entry], start: str, end: str
) -> Iterator[Fault]:
    """Of those that came before, what lasts longest stands in the way of the next one."""

    def lasts(entry: Entry) -> tuple[bool, Any]:
        return entry.row[end] is None, entry.row[end] or entry.row[start]

    longest = accumulate(entries, partial(max, key=lasts))
    for earlier, later in zip(longest, entries[1:], strict=False):
        ends = earlier.row[end]
        named = later if later.number is not None else earlier
        if (ends is None or ends > later.row[start]) and named.number is not None:
            until = "has no end" if ends is None else f"ends at {ends}"
            reason = (
                f"of one {' and '.join(columns)}, what starts at {earlier.row[start]} {until}, and the next "
                f"one starts at {later.row[start]}: end the earlier one first"
            )
            yield _fault(subject, named, start if named is later else end, reason)


def closing_day_and_hour_go_together(merged: Merged) -> Iterator[Fault]:
    for entry in merged.named("usage_points"):
        day, hour = entry.row["closing_day"], entry.row["closing_hour"]
        if (day is None) != (hour is None):
            missing = "closing_day" if day is None else "closing_hour"
            yield _fault(
                "usage_points", entry, missing, "closing_day and closing_hour are both told, or none"
            )


def a_polled_meter_has_its_own_address(merged: Merged) -> Iterator[Fault]:
    places: dict[Any, list[Entry]] = defaultdict(list)
    for entry in merged.tables["meters"].values():
        if entry.row["polled"]:
            places[entry.row["line"], entry.row["address"]].append(entry)
    for (line, address), entries in places.items():
        for entry in entries if len(entries) > 1 else ():
            if entry.number is not None:
                others = ", ".join(str(one.row["serial"]) for one in entries if one is not entry)
                reason = f"address {address} of {line} is also that of {others}: one of them is not polled"
                yield _fault("meters", entry, "address", reason)


def nobody_asks_a_meter_that_pushes(merged: Merged, judge: Judge) -> Iterator[Fault]:
    for entry in merged.named("meters"):
        if entry.changes and entry.row["polled"]:
            with suppress(TeploError):
                if judge.line(entry.row["line"]).pushes:
                    yield _fault("meters", entry, "polled", "its line pushes what it measures: write no")


def a_line_can_be_opened(merged: Merged, judge: Judge) -> Iterator[Fault]:
    endpoints: dict[str, str] = {}
    ordered = sorted(merged.tables["lines"].values(), key=lambda entry: entry.was is None)
    for entry in ordered:
        url = entry.row["url"]
        try:
            parts = judge.line(url)
        except TeploError as error:
            if entry.number is not None:
                yield _fault("lines", entry, "url", str(error))
            continue
        other = endpoints.setdefault(parts.endpoint, url)
        if other != url and entry.number is not None:
            reason = (
                f"it is on one endpoint with {other}: one wire has one talker, put the meters on one line"
            )
            yield _fault("lines", entry, "url", reason)
        if parts.pool is not None and parts.pool not in merged.pools and entry.changes:
            yield _fault(
                "lines", entry, "url", f"there is no pool {parts.pool!r} of modems; register it first"
            )


def a_meter_can_have_its_address(merged: Merged, judge: Judge) -> Iterator[Fault]:
    for entry in merged.named("meters"):
        if entry.changes:
            try:
                judge.meter(entry.row["model"], entry.row["address"])
            except TeploError as error:
                yield _fault("meters", entry, "model", str(error))


def _fault(subject: str, entry: Entry, column: str, reason: str) -> Fault:
    return Fault(subject, entry.number or 0, column, reason)
