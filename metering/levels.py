"""The level of a register at a boundary, by which way it became known, and what two of them make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from metering.billing_rules import Method
from metering.evidence import RegisterReading, Source
from metering.exact import difference, exact_sum
from metering.reasons import Reason
from metering.reported import ReportedReading


class Step(StrEnum):
    """How the level of a boundary became known, the best way first."""

    ACT = "act"
    """The meter was installed or removed at the boundary, and its register was told."""
    REGISTER = "register"
    """The meter told its register exactly at the boundary."""
    RECORDS = "records"
    """A register nearby, and the meter's own records of every hour or day between it and the boundary."""
    NEARBY = "nearby"
    """The last register within the tolerance before the boundary."""
    REPORTED = "reported"
    """A reading that people told, at the boundary or within the tolerance of it."""
    INTERPOLATED = "interpolated"
    """Between two registers around the boundary."""
    ESTIMATED = "estimated"
    """After the last register, by a named method for the hours that have no record."""


@dataclass(frozen=True, slots=True)
class BoundaryLevel:
    """A register's level at a boundary, `value` = `measured` + `estimated`, in the canonical unit.

    Levels run on where the register rolled over or was reset. `known_until`: the instant that the
    measured part belongs to. `uncertainty`: how far the level may be off on account of what was not measured.
    `sources`: what it rests on, oldest first; each with its poll and frame, or with who reported it.
    """

    at: datetime
    value: Decimal
    measured: Decimal
    estimated: Decimal
    step: Step
    sources: tuple[Source, ...]
    known_until: datetime
    uncertainty: Decimal = Decimal(0)
    reasons: tuple[Reason, ...] = ()

    @property
    def factor_set(self) -> str:
        """The factor set of all its sources."""
        return self.sources[0].factor_set

    @property
    def reported(self) -> bool:
        """Whether it rests on what a person told."""
        return any(
            isinstance(one, ReportedReading) or (isinstance(one, RegisterReading) and one.poll_id is None)
            for one in self.sources
        )


@dataclass(frozen=True, slots=True)
class Estimate:
    """Heat of hours that were not measured, in Gcal; `length`: how long they are together."""

    value: Decimal
    uncertainty: Decimal
    length: timedelta
    methods: tuple[Method, ...] = ()


NOTHING = Estimate(Decimal(0), Decimal(0), timedelta())
"""Nothing was estimated."""


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """So long in all, from the start of the first hour until the end of the last, a meter did not measure."""

    since: datetime
    until: datetime
    length: timedelta


@dataclass(frozen=True, slots=True)
class Segment:
    """One installation of a meter at a usage point, with its levels for a billing period.

    `opening` belongs to the later of the period's start and `installed_at`, `closing` to the earlier of the
    period's end and `removed_at`; None where no way leads to the level. `error_hours`: what is added for
    hours within the period in which the meter ran but did not measure; `unmeasured`: those for which nothing
    is added.
    """

    meter_id: int
    circuit: int
    installed_at: datetime
    removed_at: datetime | None
    opening: BoundaryLevel | None
    closing: BoundaryLevel | None
    error_hours: Estimate = NOTHING
    unmeasured: Unmeasured | None = None

    @property
    def difference(self) -> Decimal | None:
        """What it counted and what was estimated, exactly; None when the levels cannot be subtracted."""
        if self.measured is None or self.estimated is None:
            return None
        return exact_sum([self.measured, self.estimated])

    @property
    def measured(self) -> Decimal | None:
        """The part of `difference` that meters and people told."""
        if self.opening is None or self.closing is None or not self.subtractable:
            return None
        return difference(self.closing.measured, self.opening.measured)

    @property
    def estimated(self) -> Decimal | None:
        """The part of `difference` that was estimated; negative where an earlier estimate is made good."""
        if self.opening is None or self.closing is None or not self.subtractable:
            return None
        between = difference(self.closing.estimated, self.opening.estimated)
        return exact_sum([between, self.error_hours.value])

    @property
    def subtractable(self) -> bool:
        """Whether both levels are known, of one factor set, and the register did not go back."""
        opening, closing = self.opening, self.closing
        return (
            opening is not None
            and closing is not None
            and opening.factor_set == closing.factor_set
            and closing.value >= opening.value
        )

    @property
    def uncertainty(self) -> Decimal:
        """How far `difference` may be off: two estimates from one register are off by the same at first."""
        opening, closing = self.opening, self.closing
        if opening is None or closing is None:
            return Decimal(0)
        if opening.step is closing.step is Step.ESTIMATED and opening.sources[0] == closing.sources[0]:
            between = abs(difference(closing.uncertainty, opening.uncertainty))
        else:
            between = exact_sum([opening.uncertainty, closing.uncertainty])
        return exact_sum([between, self.error_hours.uncertainty])


def one_after_another(segments: Sequence[Segment]) -> bool:
    """Whether each meter was removed before the next one was installed: there is one circuit."""
    return bool(segments) and all(
        earlier.removed_at is not None and earlier.removed_at <= later.installed_at
        for earlier, later in pairwise(segments)
    )
