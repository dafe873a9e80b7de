"""Acts put together: a form filled from a live poll, what stands against it, and its registration.

An admission is refused while something hinders it: another serial number on the wire, readings that wait for
a decision, a verification that is not valid, a requirement of the continuous-operation sheet that is not met.
Whoever signs it in spite of that says why; the act then keeps both. A withdrawal and an inspection are never
refused: they tell what was found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from metering.act_draft import filled, mismatches
from metering.acts import ActKind, Contents
from metering.admission import unverified
from metering.calendar import ArchiveKind
from metering.conditions import Condition
from metering.continuous_operation import (
    Metered,
    OperationHour,
    OperationLimits,
    OperationSheet,
    Requirement,
    operation_sheet,
    sheet_span,
)
from metering.errors import ConfigurationError, ReadingConflict
from metering.evidence import DISQUALIFYING
from metering.reasons import Because, Reason, reason
from metering.surveys import SurveyRule
from storage.acts import Acts, NewAct, StoredAct
from storage.conditions import Conditions
from storage.live_polls import LivePolls, MeteredPoint
from storage.pool import Database
from storage.readings import ArchiveValue, Readings
from storage.registered import Purpose

_MOST_VALUES: Final = 50_000
_USUAL: Final = OperationLimits()


@dataclass(frozen=True, slots=True)
class Draft:
    """A form as a poll filled it, and what a person has to look at."""

    point: MeteredPoint
    poll_id: UUID
    contents: Contents
    mismatches: tuple[Reason, ...]


class ActDesk:
    """Draws up acts. `rule` says which signal level is adequate."""

    def __init__(self, database: Database, rule: SurveyRule) -> None:
        self._acts = Acts(database)
        self._polls = LivePolls(database)
        self._readings = Readings(database)
        self._conditions = Conditions(database)
        self._adequate: Decimal = rule.adequate

    async def point(self, usage_point_id: int, at: datetime) -> MeteredPoint:
        """With the meter installed there then; ConfigurationError when there is none, and never was one."""
        found = await self._polls.point(usage_point_id, at)
        if found is None:
            raise ConfigurationError(
                f"There is no usage point {usage_point_id}, or no meter was ever installed there."
            )
        return found

    async def newest_poll(self, point: MeteredPoint) -> UUID:
        """ConfigurationError when its meter never said anything."""
        found = await self._polls.newest(point.meter_id)
        if found is None:
            raise ConfigurationError(
                f"Meter {point.registered.serial} was never read; ask it now, or fill the form by hand."
            )
        return found

    async def draft(self, kind: ActKind, point: MeteredPoint, poll_id: UUID) -> Draft | None:
        """The form of one poll; None when the poll asked another meter, or this one said nothing."""
        poll = await self._polls.poll(poll_id, point.meter_id, point.circuit)
        if poll is None:
            return None
        reached = await self._polls.reached(point.meter_id)
        found = mismatches(point.registered, poll, reached, self._adequate)
        return Draft(point, poll_id, filled(kind, point.registered, poll, reached), found)

    async def sheet(
        self, point: MeteredPoint, admitted_at: datetime, limits: OperationLimits = _USUAL
    ) -> OperationSheet:
        """The continuous-operation sheet of the hours right before an admission."""
        hot_water = point.purpose is not Purpose.HEATING
        metered = Metered(hot_water, point.registered.components, point.zone, limits)
        hours = await self._hours(point, admitted_at, hot_water)
        return operation_sheet(admitted_at, hours.values(), metered)

    async def objections(self, act: NewAct) -> tuple[Reason, ...]:
        """What stands against signing it."""
        if act.kind is not ActKind.ADMISSION:
            return ()
        point = await self.point(act.usage_point_id, act.at)
        found = await self._of_poll(act, point)
        sheet = await self.sheet(point, act.at, _limits(act.contents))
        operation = (
            one
            for verdict in sheet.verdicts
            if verdict.requirement is not Requirement.VERIFIED
            for one in verdict.reasons
        )
        return (*found, *operation, *_verification(act, point))

    async def register(self, act: NewAct) -> StoredAct:
        """ConfigurationError when the poll is another meter's, ReadingConflict when something hinders it."""
        if act.at > act.entered_at:
            raise ConfigurationError(f"An act of {act.at} cannot be registered before that.")
        objections = tuple(one.text() for one in await self.objections(act))
        if objections and not act.contents.in_spite_of.strip():
            raise ReadingConflict(
                f"The point cannot be admitted: {' '.join(objections)} Mend it, or say in spite of this why."
            )
        kept = act.contents.in_spite_of if objections else ""
        contents = replace(act.contents, objections=objections, in_spite_of=kept)
        return await self._acts.register(replace(act, contents=contents))

    async def _of_poll(self, act: NewAct, point: MeteredPoint) -> tuple[Reason, ...]:
        if act.poll_id is None:
            return ()
        draft = await self.draft(act.kind, point, act.poll_id)
        if draft is None:
            raise ConfigurationError(
                f"In poll {act.poll_id} meter {point.registered.serial}, which measures this point, said "
                "nothing. Name a poll of that meter, or none."
            )
        return tuple(one for one in draft.mismatches if one.hinders)

    async def _hours(
        self, point: MeteredPoint, admitted_at: datetime, hot_water: bool
    ) -> Mapping[datetime, OperationHour]:
        span = sheet_span(admitted_at, hot_water)
        values = await self._readings.archive(
            point.meter_id, ArchiveKind.HOUR, span.start, span.end, limit=_MOST_VALUES
        )
        conditions = await self._conditions.of_meter(point.meter_id, span.start, span.end, limit=_MOST_VALUES)
        hours: dict[datetime, OperationHour] = {}
        for value in values:
            if value.circuit == point.circuit:
                hours[value.slot.start] = _with_value(hours.get(value.slot.start), value)
        for one in conditions:
            if one.kind is ArchiveKind.HOUR and one.at in hours and _concerns(one.condition, point):
                hours[one.at] = replace(hours[one.at], conditions=hours[one.at].conditions | {one.condition})
        return hours


def _with_value(hour: OperationHour | None, value: ArchiveValue) -> OperationHour:
    known = hour or OperationHour(value.slot)
    if value.value is None or value.flags & DISQUALIFYING:
        return known
    return replace(known, values={**known.values, value.quantity: value.value})


def _concerns(condition: Condition, point: MeteredPoint) -> bool:
    return condition.circuit in (0, point.circuit)


def _verification(act: NewAct, point: MeteredPoint) -> tuple[Reason, ...]:
    """Of the components as the act itself has them: what is signed is what is judged."""
    if not act.contents.components:
        return (reason(Because.NO_COMPONENT, hinders=True),)
    return tuple(unverified(act.contents.components, act.at, point.zone))


def _limits(contents: Contents) -> OperationLimits:
    settings = contents.settings
    if settings is None:
        return _USUAL
    return replace(_USUAL, smallest_flow=settings.smallest_flow, largest_flow=settings.largest_flow)
