"""What decoding a poll again would change of what is stored. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from metering.calendar import ArchiveKind
from metering.polls import PollReport
from metering.readings import Absence, Reading


@dataclass(frozen=True, slots=True)
class ValueKey:
    """One value of one meter. `kind` None: a current value, `at` being when it was read; else slot start."""

    kind: ArchiveKind | None
    at: datetime
    circuit: int
    quantity: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """A number, or why there is none."""

    value: Decimal | None
    absence: Absence | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A value as it is stored. `own`: this poll brought it; `later`: a poll that came after it did."""

    decoded: Decoded
    own: bool
    later: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """`old` None: nothing was stored; `new` None: the meter did not say such a thing at all."""

    key: ValueKey
    old: Decoded | None
    new: Decoded | None


def differences(
    report: PollReport, stored: Mapping[ValueKey, Standing], *, whole: bool
) -> Iterator[Difference]:
    """Of a report decoded again; values of later polls stand. `whole`: what it lacks is not there."""
    now = dict(decoded_values(report))
    for key, new in now.items():
        standing = stored.get(key)
        if standing is None:
            yield Difference(key, None, new)
        elif not standing.later and standing.decoded != new:
            yield Difference(key, standing.decoded, new)
    if whole:
        yield from (
            Difference(key, one.decoded, None) for key, one in stored.items() if one.own and key not in now
        )


def decoded_values(report: PollReport) -> Iterator[tuple[ValueKey, Decoded]]:
    """Every value of the report by its key."""
    for record in report.archive:
        yield from _of(record.kind, record.slot.start, record.readings)
    for snapshot in report.snapshots:
        yield from _of(None, snapshot.read_at, snapshot.readings)


def _of(
    kind: ArchiveKind | None, at: datetime, readings: Iterable[Reading]
) -> Iterator[tuple[ValueKey, Decoded]]:
    for one in readings:
        yield ValueKey(kind, at, one.circuit, one.quantity.name), Decoded(one.value, one.absence)
