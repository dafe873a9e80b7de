"""Why what was billed of a point is another figure now.

Why it came about is read from the two contents themselves, by the tests in one table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

from metering.billing_content import FrozenLine, without_origins
from metering.billing_lines import Status
from metering.calendar import BillingPeriod
from metering.reasons import Because


class Change(StrEnum):
    """Why a line is another one now."""

    ADDED = "added"
    GONE = "gone"
    PERIOD = "period"
    ADMISSION = "admission"
    REPLACEMENT = "replacement"
    REPORTED_READING = "reported_reading"
    CONVERSION = "conversion"
    LATE_READING = "late_reading"
    REVISED_READING = "revised_reading"
    ESTIMATE = "estimate"
    RULE = "rule"
    PARTICULARS = "particulars"


SENTENCES: Final[Mapping[Change, str]] = {
    Change.ADDED: "The point was not in the run.",
    Change.GONE: "The point no longer has a line for this period.",
    Change.PERIOD: "The billing period has other boundaries now.",
    Change.ADMISSION: "An act or a verification changed what may be billed.",
    Change.REPLACEMENT: "The meters that served the point in this period are others now.",
    Change.REPORTED_READING: "A reading that people reported was entered, changed or withdrawn.",
    Change.CONVERSION: "The readings are converted with another factor set.",
    Change.LATE_READING: "A reading of the meter arrived after the run.",
    Change.REVISED_READING: "A reading of the meter was revised after the run.",
    Change.ESTIMATE: "The missing hours are estimated differently.",
    Change.RULE: "The same readings are judged differently: a rule, a limit or a decision was changed.",
    Change.PARTICULARS: "Particulars of the point, its contract or its district were changed.",
}


Wholes = tuple[BillingPeriod | None, BillingPeriod | None]
"""The whole period of a point, before and after; None where it has no line."""


def changes(before: FrozenLine | None, after: FrozenLine | None, wholes: Wholes) -> Iterator[Change]:
    """Lines of other boundaries rest on other readings and meters: only what both rest on is compared."""
    if before is None or after is None:
        yield _of_boundaries(wholes)
        return
    found = [_of_boundaries(wholes)] if before.period != after.period else []
    tests = _TESTS_OF_ANY if found else _TESTS
    found += [change for change, changed in tests if changed(before, after)]
    yield from dict.fromkeys(found) or [_otherwise(before, after)]


def _of_boundaries(wholes: Wholes) -> Change:
    """Acts and verifications cut a period into parts; the whole of it stays as it is."""
    before, after = wholes
    if before is None or after is None:
        return Change.ADDED if before is None else Change.GONE
    return Change.ADMISSION if before == after else Change.PERIOD


def _otherwise(before: FrozenLine, after: FrozenLine) -> Change:
    return Change.RULE if _judged(before) != _judged(after) else Change.PARTICULARS


def _judged(line: FrozenLine) -> Any:
    return without_origins([line.contents[name] for name in ("status", "reasons", "value")])


_OF_ADMISSION: Final = frozenset(
    {
        Because.NEVER_ADMITTED,
        Because.NOT_YET_ADMITTED,
        Because.WITHDRAWN,
        Because.VERIFICATION_PAST,
        Because.VERIFICATION_UNKNOWN,
    }
)


def _refusals(line: FrozenLine) -> list[Any]:
    return [why for why in line.contents["reasons"] if why["word"] in _OF_ADMISSION]


def _admission(before: FrozenLine, after: FrozenLine) -> bool:
    refused = Status.NOT_ADMISSIBLE
    other = (before.status is refused) != (after.status is refused)
    return other or _refusals(before) != _refusals(after)


def _meters(line: FrozenLine) -> list[Any]:
    names = ("meter_id", "circuit", "installed_at", "removed_at")
    return [[segment.get(name) for name in names] for segment in line.contents["segments"]]


def _replacement(before: FrozenLine, after: FrozenLine) -> bool:
    return _meters(before) != _meters(after)


def _conversion(before: FrozenLine, after: FrozenLine) -> bool:
    return bool(before.contents["factor_set"] != after.contents["factor_set"])


Reading = tuple[str, ...]
"""What names a reading: meter, circuit, quantity, kind of record and instant."""


def _readings(line: FrozenLine) -> dict[Reading, str]:
    """The values of all readings of meters that the line rests on, however deep they lie in it."""
    found = (one for one in _objects(line.contents["segments"]) if {"value", "raw_value"} <= one.keys())
    return {_name(one): one["value"] for one in found if "reported_by" not in one}


def _name(reading: Mapping[str, Any]) -> Reading:
    at = reading["at"] if "at" in reading else reading["slot"]["start"]
    kind = reading["source"] if "source" in reading else reading["kind"]
    return *(str(reading.get(name)) for name in ("meter_id", "circuit", "quantity")), str(kind), str(at)


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    for one in inner:
        yield from _objects(one)


def _told(line: FrozenLine) -> list[Mapping[str, Any]]:
    return [one for one in _objects(line.contents["segments"]) if "reported_by" in one]


def _reported(before: FrozenLine, after: FrozenLine) -> bool:
    return _told(before) != _told(after)


def _late(before: FrozenLine, after: FrozenLine) -> bool:
    return not _readings(after).keys() <= _readings(before).keys()


def _revised(before: FrozenLine, after: FrozenLine) -> bool:
    known, now = _readings(before), _readings(after)
    return any(known[name] != now[name] for name in known.keys() & now.keys())


def _estimate(before: FrozenLine, after: FrozenLine) -> bool:
    return (before.estimated or 0) != (after.estimated or 0)


_Tests = tuple[tuple[Change, Callable[[FrozenLine, FrozenLine], bool]], ...]
_TESTS: Final[_Tests] = (
    (Change.ADMISSION, _admission),
    (Change.REPLACEMENT, _replacement),
    (Change.REPORTED_READING, _reported),
    (Change.CONVERSION, _conversion),
    (Change.LATE_READING, _late),
    (Change.REVISED_READING, _revised),
    (Change.ESTIMATE, _estimate),
)
_TESTS_OF_ANY: Final[_Tests] = (
    (Change.ADMISSION, _admission),
    (Change.CONVERSION, _conversion),
    (Change.REVISED_READING, _revised),
)
"""Those that hold of lines with other boundaries, too."""
