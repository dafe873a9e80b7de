"""The conversation that sets one meter's clock, and what is known of it at every moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from collector.poll import Clock
from collector.session import Session
from metering.calendar import ArchiveKind, MeterZone, slot_start
from metering.errors import DecodeError, NotSupported, TeploError, WrongMeter
from metering.meters import MeterConfiguration
from metering.readings import Record
from protocols.driver import ClockSetter, Driver
from storage.clock_settings import ClockResult, ClockState

NEAR: Final = timedelta(seconds=15)
"""A clock that was set may differ by so much: lines are slow, and some clocks take whole minutes only."""
RIGHT: Final = timedelta(seconds=2)
"""A clock that differs by less is left alone."""


@dataclass(frozen=True, slots=True)
class ClockWish:
    """Whose clock is to be set. `across_hour`: records of archives may be doubled or left out by it."""

    serial: str
    address: str
    zone: MeterZone
    across_hour: bool


class ClockVisit:
    """Runs once. `error` is what ended it, None when it came to its end."""

    def __init__(self, session: Session, driver: Driver, wish: ClockWish, now: Clock) -> None:
        self._session = session
        self._driver = driver
        self._wish = wish
        self._now = now
        self._before: datetime | None = None
        self._sent: datetime | None = None
        self._after: datetime | None = None
        self.error: TeploError | None = None

    async def run(self) -> ClockResult:
        """Refused as long as nothing was sent; failed when what was sent did not work, or nobody knows."""
        try:
            return await self._converse()
        except TeploError as error:
            self.error = error
            state = ClockState.REFUSED if self._sent is None else ClockState.FAILED
            return self._result(state, str(error))

    async def _converse(self) -> ClockResult:
        await self._meet()
        configuration = await self._session.run(self._driver.read_configuration(self._wish.address), _nothing)
        self._before = await self._clock(configuration)
        wanted = self._wish.zone.to_meter_time(self._now()).replace(microsecond=0)
        if abs(wanted - self._before) <= RIGHT:
            return self._result(ClockState.REFUSED, "The clock is right: it was left alone.")
        self._check_hour(self._before, wanted)
        self._sent = wanted
        await self._set(configuration, wanted)
        self._after = await self._clock(configuration)
        return self._judged(self._after - self._wish.zone.to_meter_time(self._now()))

    async def _meet(self) -> None:
        who = await self._session.run(self._driver.identify(self._wish.address), _nothing)
        if who.serial != self._wish.serial:
            raise WrongMeter(
                f"Meter {who.serial} answered at address {self._wish.address}, but the clock of "
                f"{self._wish.serial} was to be set. Nothing was written."
            )

    async def _clock(self, configuration: MeterConfiguration) -> datetime:
        asked = self._driver.read_clock(self._wish.address, configuration)
        meter_time = await self._session.run(asked, _nothing)
        if meter_time is None:
            raise DecodeError("The meter does not show its clock, so that nobody could see what was set.")
        return meter_time

    def _check_hour(self, before: datetime, wanted: datetime) -> None:
        if self._wish.across_hour or _hour(before) == _hour(wanted):
            return
        raise NotSupported(
            f"The clock would jump from {before:%H:%M:%S} to {wanted:%H:%M:%S}, over a full hour: the meter "
            "would write a record twice or leave one out. Nothing was written. Ask again when both times are "
            "within one hour, or with --across-hour."
        )

    async def _set(self, configuration: MeterConfiguration, wanted: datetime) -> None:
        if not isinstance(self._driver, ClockSetter):
            raise NotSupported(f"No document of the maker says how a {self._driver.info.model} is set.")
        await self._session.run(self._driver.set_clock(self._wish.address, configuration, wanted), _nothing)

    def _judged(self, difference: timedelta) -> ClockResult:
        told = f"meter clock minus ours: {difference.total_seconds():+.0f} s"
        if abs(difference) <= NEAR:
            return self._result(ClockState.SET, told)
        return self._result(ClockState.FAILED, f"The meter did not take the time; {told}.")

    def _result(self, state: ClockState, message: str) -> ClockResult:
        return ClockResult(state, message, self._before, self._sent, self._after)


def _hour(moment: datetime) -> datetime:
    return slot_start(ArchiveKind.HOUR, moment)


def _nothing(records: tuple[Record, ...], frame: int) -> None:
    """Setting a clock reads no records."""
