"""The one place that turns stored data into billing lines: of a point, a district, a centre or all of them.

The same data give the same lines, whatever else is asked for with them. A period in which a point was not
admissible throughout is answered in parts, each with one verdict; together they are the period exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from billing.doubts import Doubts, WatchedPart
from metering.acts import ActEntry
from metering.admission import InstalledComponent, Verdict, verdicts
from metering.billing_calendar import BillingCalendar
from metering.billing_lines import BillingLine, Status
from metering.billing_rules import BillingRule
from metering.billing_scope import BillingScope
from metering.calendar import BillingPeriod, MeterZone
from metering.consumption import Consumption, consumption
from metering.evidence import LONGEST_WALK, Evidence, ThermalLoad
from metering.levels import Segment
from metering.plan_settings import plan_of
from metering.plans import PollPlan
from metering.quantities import QUANTITIES
from metering.reasons import Because, Reason, reason
from storage.acts import Acts
from storage.billed_points import BilledPoint, BilledPoints
from storage.billing_rules import BillingRules
from storage.evidence import Evidences
from storage.gathered import Asked
from storage.outdoor_temperatures import OutdoorTemperatures
from storage.pool import Database
from storage.registered import Purpose

Clock = Callable[[], datetime]
RuleOf = Callable[[str], BillingRule]

_HOUR: Final = timedelta(hours=1)
"""An outdoor temperature is that of the whole hour in which an instant lies."""


@dataclass(frozen=True, slots=True)
class _Question:
    """One usage point, its period, and what it was admissible for."""

    point: BilledPoint
    period: BillingPeriod
    quantity: str
    rule: BillingRule
    verdicts: Sequence[Verdict]
    load: ThermalLoad

    @property
    def asked(self) -> Asked:
        edges = tuple(verdict.span.start for verdict in self.verdicts[1:])
        return Asked(self.point.id, self.quantity, self.period, self.rule, edges, self.load)


class Answers:
    """`base_plan` is the collectors', whose closing day counts where neither a point nor a plan has one."""

    def __init__(self, database: Database, now: Clock, base_plan: PollPlan) -> None:
        self._database = database
        self._points = BilledPoints(database)
        self._rules = BillingRules(database)
        self._acts = Acts(database)
        self._temperatures = OutdoorTemperatures(database)
        self._evidences = Evidences(database)
        self._doubts = Doubts(database)
        self._now = now
        self._base_plan = base_plan

    async def lines(
        self,
        scope: BillingScope,
        when: date | BillingPeriod,
        after: int = 0,
        limit: int = 100,
        quantity: str | None = None,
    ) -> list[BillingLine]:
        """The lines of the next `limit` usage points whose ids follow `after`, by id; empty at the end.

        `when`: a period for all of them, or a month (its first day) of each point's own calendar.
        `quantity` None: what each point is billed by.
        """
        async with self._database.snapshot() as snapshot:
            with snapshot.reading():
                return await self._lines(scope, when, after, limit, quantity)

    async def _lines(
        self,
        scope: BillingScope,
        when: date | BillingPeriod,
        after: int,
        limit: int,
        quantity: str | None,
    ) -> list[BillingLine]:
        month = when if isinstance(when, date) else None
        points = await self._points.page(scope, month, after, limit)
        questions = await self._questions(points, when, quantity) if points else []
        evidence = await self._evidences.of([one.asked for one in questions])
        found = [part for one in questions for part in _parts(one, evidence[one.point.id])]
        doubts = await self._doubts.of([part.watched for part in found])
        return [self._line(part, why) for part, why in zip(found, doubts, strict=True)]

    async def _questions(
        self, points: Sequence[BilledPoint], when: date | BillingPeriod, quantity: str | None
    ) -> list[_Question]:
        rule_of = await self._rules.in_force()
        periods = {point.id: self._period(point, when) for point in points}
        whole = BillingPeriod(
            min(one.start for one in periods.values()), max(one.end for one in periods.values())
        )
        admission = await self._admission(list(periods), whole)
        outdoor = await self._outdoor(points, rule_of, whole)
        return [
            _Question(
                point,
                periods[point.id],
                quantity or point.billed_quantity,
                rule := rule_of(point.service_centre),
                admission.verdicts(point, periods[point.id], rule),
                _load(point, outdoor[point.service_centre]),
            )
            for point in points
        ]

    def _period(self, point: BilledPoint, when: date | BillingPeriod) -> BillingPeriod:
        if isinstance(when, BillingPeriod):
            return when
        return point.period or calendar_of(point, self._base_plan).period(when)

    async def _admission(self, points: Sequence[int], whole: BillingPeriod) -> _Admission:
        return _Admission(
            await self._acts.of_points(points), await self._acts.components_of_points(points, whole)
        )

    async def _outdoor(
        self, points: Iterable[BilledPoint], rule_of: RuleOf, whole: BillingPeriod
    ) -> Mapping[str, Mapping[datetime, Decimal]]:
        centres = {point.service_centre for point in points}
        window = max(rule_of(centre).average_window for centre in centres)
        start, end = whole.start - LONGEST_WALK - window - _HOUR, whole.end + LONGEST_WALK
        return await self._temperatures.of_centres(centres, start, end)

    def _line(self, part: _Part, doubts: Sequence[Reason]) -> BillingLine:
        not_over = [reason(Because.NOT_OVER)] if part.found.period.end > self._now() else []
        return _line(part, (*not_over, *part.verdict.reasons, *part.found.reasons, *doubts))


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a question's period with one verdict, and what was consumed in it."""

    question: _Question
    verdict: Verdict
    found: Consumption

    @property
    def watched(self) -> WatchedPart:
        point = self.question.point
        return WatchedPart(
            found=self.found,
            quantity=self.question.quantity,
            rule=self.question.rule,
            load=self.question.load,
            nominal_diameter=point.nominal_diameter,
            largest_load=point.largest_load,
            closed=point.purpose is Purpose.HEATING,
        )


def _parts(question: _Question, evidence: Sequence[Evidence]) -> Iterator[_Part]:
    for verdict in question.verdicts:
        period = BillingPeriod(verdict.span.start, verdict.span.end)
        yield _Part(question, verdict, consumption(period, evidence, question.rule))


@dataclass(frozen=True, slots=True)
class _Admission:
    """What is on record of many points' acts and their meters' components."""

    acts: Mapping[int, Sequence[ActEntry]]
    components: Mapping[int, Sequence[InstalledComponent]]

    def verdicts(self, point: BilledPoint, period: BillingPeriod, rule: BillingRule) -> Sequence[Verdict]:
        return verdicts(
            period,
            self.acts.get(point.id, ()),
            self.components.get(point.id, ()),
            rule.acts_required,
            MeterZone(point.zone),
        )


def calendar_of(point: BilledPoint, base_plan: PollPlan) -> BillingCalendar:
    """The point's own calendar, or that of its poll plan."""
    closing = plan_of(base_plan, *point.plan_settings).closing
    day = closing.day if point.closing_day is None else point.closing_day
    hour = closing.hour if point.closing_hour is None else point.closing_hour
    return BillingCalendar(day, hour, MeterZone(point.zone))


def _load(point: BilledPoint, outdoor: Mapping[datetime, Decimal]) -> ThermalLoad:
    return ThermalLoad(
        indoor_temperature=point.indoor_temperature,
        calculated_load=point.calculated_load,
        design_outdoor_temperature=point.design_outdoor_temperature,
        outdoor=outdoor,
    )


def _line(part: _Part, reasons: tuple[Reason, ...]) -> BillingLine:
    question, found, point = part.question, part.found, part.question.point
    admissible = part.verdict.admissible or found.value is None
    return BillingLine(
        usage_point_id=point.id,
        usage_point_code=point.code,
        usage_point_name=point.name,
        contract=point.contract,
        account=point.account,
        site_code=point.site_code,
        district=point.district,
        service_centre=point.service_centre,
        period=found.period,
        quantity=question.quantity,
        unit=QUANTITIES[question.quantity].canonical_unit,
        factor_set=_factor_set(found.segments) or point.factor_set,
        status=found.status if admissible else Status.NOT_ADMISSIBLE,
        billable=found.value is not None and not any(one.hinders for one in reasons),
        value=found.value,
        measured=found.measured,
        estimated=found.estimated,
        uncertainty=found.uncertainty,
        completeness=found.completeness,
        reasons=reasons,
        segments=found.segments,
    )


def _factor_set(segments: Iterable[Segment]) -> str | None:
    """The one that registers were taken to the canonical unit with."""
    levels = (level for part in segments for level in (part.opening, part.closing) if level is not None)
    return next((level.factor_set for level in levels), None)
