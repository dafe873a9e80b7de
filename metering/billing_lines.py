"""What billing is answered for one usage point and one period: the one value that all else is made of.

The API shows it, a run freezes it, a correction compares two of it, a report prints it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

from metering.calendar import BillingPeriod
from metering.levels import BoundaryLevel, Segment, one_after_another
from metering.reasons import Reason


class Status(StrEnum):
    """How a consumption came about, in the words that the field uses."""

    MEASURED = "measured"
    """Registers that the meter told, at both boundaries."""
    CALCULATED = "calculated"
    """A boundary was reached by adding the meter's own hour or day records to its register."""
    SUBSTITUTED = "substituted"
    """A boundary lies between two registers of the meter and was interpolated: the sum over both sides is
    measured, its split is not."""
    REPORTED = "reported"
    """A boundary rests on a reading that people told."""
    ESTIMATED = "estimated"
    """A part of the value was not measured at all, but estimated by a named method."""
    NOT_ADMISSIBLE = "not_admissible"
    """The point was not admitted, was withdrawn, or a component was past its verification."""
    ABSENT = "absent"
    """There is no value; the reasons say why. Never the same as zero."""


WORST_LAST: Final = (
    Status.MEASURED,
    Status.CALCULATED,
    Status.SUBSTITUTED,
    Status.REPORTED,
    Status.ESTIMATED,
    Status.NOT_ADMISSIBLE,
    Status.ABSENT,
)
"""A consumption has the status of its worst part."""


@dataclass(frozen=True, slots=True)
class BillingLine:
    """A usage point's consumption of one quantity in its period.

    `value` is in the canonical unit `unit`, exact; None exactly when the status is ABSENT. It is
    `measured` + `estimated`, told apart; `uncertainty` is how far the estimated part may be off;
    `completeness` the share of the period, 0..1, between the instants that its levels belong to.
    `billable`: whether it may stand on a bill. A value that is NOT_ADMISSIBLE is told, but is not billable.
    `reasons`: everything that a person has to know of it, doubts included.
    """

    usage_point_id: int
    usage_point_code: str
    usage_point_name: str
    contract: str
    account: str
    site_code: str
    district: str
    service_centre: str
    period: BillingPeriod
    quantity: str
    unit: str
    factor_set: str
    status: Status
    billable: bool
    value: Decimal | None
    measured: Decimal | None
    estimated: Decimal | None
    uncertainty: Decimal
    completeness: Decimal
    reasons: tuple[Reason, ...] = ()
    segments: tuple[Segment, ...] = field(default=())

    @property
    def opening(self) -> BoundaryLevel | None:
        """The first meter's opening level; None also where several circuits are added up."""
        return self.segments[0].opening if one_after_another(self.segments) else None

    @property
    def closing(self) -> BoundaryLevel | None:
        """The last meter's closing level; None also where several circuits are added up."""
        return self.segments[-1].closing if one_after_another(self.segments) else None
