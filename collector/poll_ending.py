"""How a poll ended by what it brought: in one word, in sentences, and whether its readings are kept apart."""

from __future__ import annotations

from collections.abc import Iterator

from collector.brought import Brought
from collector.endings import ABSENT, HELD, HELD_BECAUSE, outcome_of
from collector.normalise import Normal, Normaliser
from collector.polled_meter import PolledMeter
from metering.doubts import clock_flags
from metering.errors import CalledOff, TeploError, WrongMeter
from metering.holding import hold_reason
from metering.polls import HoldReason, Outcome
from metering.readings import Flag, Gap, SnapshotReadings
from metering.requests import PollRequest, RequestKind


class PollEnding:
    """`normal`: what was kept, normalised; a record in a unit nobody knows is left out and is the `error`.

    `doubt`: why whatever was read is to be kept apart. `asked`: the wish that was carried out.
    """

    def __init__(self, meter: PolledMeter, brought: Brought, asked: PollRequest | None) -> None:
        self._meter = meter
        self._brought = brought
        self._asked = asked
        self.error = brought.error
        self.normal = self._normal()
        self.doubt = self._doubt()
        self.outcome = self._outcome()
        self.message = " ".join(self._told())

    def _normal(self) -> list[Normal]:
        meter, difference = self._meter, self._brought.clock_difference
        doubts = clock_flags(difference, meter.allowed_drift) if difference else frozenset()
        normaliser = Normaliser(meter.zone, meter.factor_sets, doubts, meter.levels)
        normal = []
        for kept in self._brought.kept:
            try:
                normal.append(normaliser.normal(kept.record, kept.at, kept.frame))
            except TeploError as error:
                self.error = self.error or error
        return normal

    def _doubt(self) -> HoldReason | None:
        if isinstance(self.error, WrongMeter):
            return None
        return hold_reason(
            registered_serial=self._meter.serial,
            identity=self._brought.identity,
            configuration=self._brought.configuration,
            accepted_configuration=self._meter.configuration,
            clock_difference=self._brought.clock_difference,
            allowed_drift=self._meter.allowed_drift,
            went_back=any(_went_back(one) for one in self.normal),
        )

    def _outcome(self) -> Outcome:
        if self.doubt is not None and (self.error is None or self.doubt is HoldReason.NEW_METER):
            return HELD[self.doubt]
        if isinstance(self.error, CalledOff):
            return Outcome.CANCELLED
        if self.error is not None:
            return Outcome.PARTLY_READ if self._brought.kept else outcome_of(self.error)
        return Outcome.PARTLY_READ if self._brought.left else self._answered()

    def _answered(self) -> Outcome:
        """An archive that was asked for and is not there at all is an end of its own."""
        if self._brought.refused:
            return Outcome.ARCHIVE_ABSENT
        if self._asked is None or self._asked.kind is not RequestKind.ARCHIVE:
            return Outcome.OK
        brought = [one for one in self._brought.archive() if one.kind is self._asked.archive]
        absent = all(isinstance(one, Gap) and one.reason in ABSENT for one in brought)
        return Outcome.ARCHIVE_ABSENT if absent else Outcome.OK

    def _told(self) -> Iterator[str]:
        if self.error:
            yield str(self.error)
        yield from self._why_apart()
        if self._brought.left:
            yield (
                f"The visit ended after {self._meter.visit}: {self._brought.left} archive slots are left to "
                "the next poll."
            )
        if self.outcome is Outcome.ARCHIVE_ABSENT and self._asked and not self._brought.refused:
            yield (
                f"The meter has no {self._asked.archive} record of what was asked for. Likely its memory "
                "does not reach back so far, or the meter is younger: compare the depth of its archive and "
                "the day of its installation."
            )
        yield from self._brought.refused

    def _why_apart(self) -> Iterator[str]:
        identity = self._brought.identity
        if self.doubt is HoldReason.NEW_METER and identity:
            yield (
                f"Meter {identity.serial} answered at address {self._meter.address}, but "
                f"{self._meter.serial} is registered there. What it said waits in quarantine. Likely the "
                "meter was replaced or two addresses were mixed up: accept the new meter, or correct the "
                "address."
            )
        elif self.doubt is not None:
            yield HELD_BECAUSE[self.doubt]


def _went_back(one: Normal) -> bool:
    readings = one.readings if isinstance(one, SnapshotReadings) else ()
    return any(Flag.WENT_BACK in reading.flags for reading in readings)
