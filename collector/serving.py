"""Everything that is due on one line, asked and handed on: from its book, wherever the book came from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

import structlog

from collector.asked import wanted_of
from collector.breaker import probing
from collector.delivery import Delivery
from collector.dueness import is_due, line_rests
from collector.endings import outcome_of
from collector.field_book import FieldBook
from collector.gaps import ArchiveRequest, WantedArchives, requests_for
from collector.line_service import DueMeter, LineService, Others, Wishes
from collector.links import Link
from collector.links.url import LineUrl
from collector.poll import Clock
from collector.polled_meter import PolledMeter
from collector.session import Session
from collector.urgency import urgency
from metering.books import BookedMeter, LineBook
from metering.calendar import MeterZone
from metering.carried import carried_on
from metering.errors import ConfigurationError, StorageUnavailable
from metering.polls import Outcome, PollHistory, PollReport
from metering.requests import PollRequest, RequestKind
from protocols.driver import Driver, DriverInfo

log = structlog.get_logger()

SILENT: Final = (Outcome.METER_SILENT, Outcome.GATEWAY_WEDGED)
NO_ROOM: Final = (
    "The database is away, and the collector's disk takes nothing more: nobody was asked. Bring the database "
    "back, or give the spool more room; the meter keeps its records meanwhile."
)
LONGEST_WISH: Final = timedelta(hours=6)
GATEWAYS: Final = ("tcp", "rfc2217", "modbus-tcp")
"""Lines with a gateway between us and the meters, which may hang."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What the composition root lends the collector: everything that touches the world or chance."""

    now: Clock
    new_id: Callable[[], UUID]
    driver_for: Callable[[str, LineUrl], Driver]
    open_link: Callable[[LineUrl, Driver], Awaitable[Link]]
    make_session: Callable[[Link, LineUrl, Driver], Session]


class Serving:
    """Serves a line once at a time; who calls it sees to it that a line has one talker.

    `polled` hears of each report, for whoever counts them.
    """

    def __init__(
        self,
        collector: str,
        tools: Tools,
        delivery: Delivery,
        field_book: FieldBook,
        polled: Callable[[PollReport], None] = lambda report: None,
    ) -> None:
        self._polled = polled
        self._collector = collector
        self._tools = tools
        self._delivery = delivery
        self._field_book = field_book
        self._told_full: set[int] = set()

    async def serve(
        self,
        book: LineBook,
        wishes: Wishes,
        *,
        returned: bool = False,
        stays: Callable[[], bool] = lambda: True,
    ) -> None:
        """Ask the due meters of this line. `returned`: its modem has just come back to us.

        Before each meter `stays` is asked whether the line is still ours.

        Nobody is asked while neither the database nor the spool would take it: each meter has one report that
        says so. StorageUnavailable when that comes out in the middle.
        """
        await Visit(self, self._tools, book, wishes, stays).run(returned=returned)

    async def keep(self, book: LineBook, report: PollReport) -> LineBook:
        """Hand the report on, and carry the book on by it."""
        self._polled(report)
        await self._delivery.save(report)
        carried = carried_on(book, report)
        await self._field_book.keep(carried)
        return carried

    async def without_room(self, book: LineBook, due: Sequence[BookedMeter]) -> bool:
        """Whether nothing could be kept now; of the meters that are due it is said once."""
        if not self._delivery.is_full:
            self._told_full.clear()
            return False
        fresh = [one for one in due if one.id not in self._told_full]
        self._told_full |= {one.id for one in fresh}
        if fresh:
            log.error("no room for readings: nobody is asked", line=book.line_id, meters=len(fresh))
        with suppress(StorageUnavailable):
            for meter in fresh:
                await self.keep(book, self.unasked(meter, Outcome.STORAGE_AWAY, NO_ROOM, None))
        return True

    def unasked(
        self, meter: BookedMeter, outcome: Outcome, message: str, wish: PollRequest | None
    ) -> PollReport:
        """The report of a meter to which nothing was said."""
        at, wished = self._tools.now(), wish.id if wish else None
        identifier = self._tools.new_id()
        return PollReport(identifier, meter.id, self._collector, at, at, outcome, message, request_id=wished)

    @property
    def collector(self) -> str:
        return self._collector


class Visit:
    """One service of a line: its book as it stands after each poll."""

    def __init__(
        self, serving: Serving, tools: Tools, book: LineBook, wishes: Wishes, stays: Callable[[], bool]
    ) -> None:
        self._stays = stays
        self._serving = serving
        self._tools = tools
        self._book = book
        self._wishes = wishes

    async def run(self, *, returned: bool) -> None:
        """A meter, or a whole line, that is registered wrongly gets a report that says so."""
        meters = self._due(returned=returned)
        if await self._serving.without_room(self._book, meters):
            return
        try:
            url = LineUrl.parse(self._book.url)
        except ConfigurationError as error:
            for meter in meters:
                await self._cannot(meter, error, meter.requests)
            return
        now = self._tools.now()
        routine = {meter.id: is_due(meter, now, returned=returned) for meter in meters}
        due = [
            one
            for meter in meters
            for one in await self._askable(meter, url, meter.requests, routine=routine[meter.id])
        ]
        if due:
            await self._line_service(url, due[0].driver).serve(
                due, self._others({one.meter.id for one in due})
            )

    def _due(self, *, returned: bool) -> list[BookedMeter]:
        """Those with a wish, and those whose plan wants it while the line is not left alone."""
        now = self._tools.now()
        rests = not returned and line_rests(self._book.line_id, self._book.meters, now)
        due = [
            one
            for one in self._book.meters
            if one.requests or (not rests and is_due(one, now, returned=returned))
        ]
        return sorted(due, key=lambda one: (urgency(one, now), probing(one.history), one.id))

    async def _askable(
        self, meter: BookedMeter, url: LineUrl, wishes: Sequence[PollRequest], *, routine: bool
    ) -> list[DueMeter]:
        """Whoever may not be asked, or is registered wrongly, gets reports that say so instead."""
        spared = meter.history.spared_until
        if spared and spared > self._tools.now():
            for wish in wishes:
                message = _spent(meter, spared)
                await self._keep(self._serving.unasked(meter, Outcome.OVER_BUDGET, message, wish))
            return []
        try:
            MeterZone(meter.zone)
            driver = self._tools.driver_for(meter.model, url)
        except ConfigurationError as error:
            await self._cannot(meter, error, wishes)
            return []
        wished = [self._wished(meter, driver, wish) for wish in wishes]
        read = any(wish.kind is RequestKind.NOW for wish in wishes)
        return wished + [self._routine(meter, driver)] * (routine and not read)

    async def _cannot(
        self, meter: BookedMeter, error: ConfigurationError, wishes: Sequence[PollRequest]
    ) -> None:
        for wish in wishes or (None,):
            await self._keep(self._serving.unasked(meter, outcome_of(error), str(error), wish))

    def _wished(self, meter: BookedMeter, driver: Driver, wish: PollRequest) -> DueMeter:
        """A person's range is read to its end, however long the visits of the plan are."""
        wanted = wanted_of(wish, MeterZone(meter.zone))
        if wanted is None:
            return DueMeter(_polled(meter, BookedArchives(meter, self._tools.now)), driver, wish)
        return DueMeter(replace(_polled(meter, wanted), visit=LONGEST_WISH), driver, wish)

    def _routine(self, meter: BookedMeter, driver: Driver) -> DueMeter:
        polled = _polled(meter, BookedArchives(meter, self._tools.now))
        return DueMeter(polled, driver, probe=probing(meter.history))

    def _line_service(self, url: LineUrl, first: Driver) -> LineService:
        return LineService(
            collector=self._serving.collector,
            open_link=partial(self._tools.open_link, url, first),
            make_session=lambda link, driver: self._tools.make_session(link, url, driver),
            save=self._keep,
            fresh=partial(self._fresh, url),
            watch=self._wishes.watch,
            now=self._tools.now,
            new_id=self._tools.new_id,
            gateway=url.scheme in GATEWAYS,
            stays=self._stays,
        )

    async def _fresh(self, url: LineUrl, seen: Collection[UUID]) -> Sequence[DueMeter]:
        """Wishes that came while the line was being served."""
        came = [one for one in await self._wishes.fresh(self._book.line_id) if one.id not in seen]
        due = list[DueMeter]()
        for meter in self._book.meters:
            if wishes := [one for one in came if one.meter_id == meter.id]:
                due += await self._askable(meter, url, wishes, routine=False)
        return due

    async def _keep(self, report: PollReport) -> None:
        self._book = await self._serving.keep(self._book, report)

    def _others(self, asked: Collection[int]) -> Others:
        """What is known of the meters that are not asked now."""
        histories = [one.history for one in self._book.meters if one.id not in asked]
        return Others(
            answer=any(one.outcome is Outcome.OK for one in histories),
            silent=sum(_was_silent(one) for one in histories),
        )


@dataclass(frozen=True, slots=True)
class BookedArchives:
    """What is missing of a booked meter's archives."""

    meter: BookedMeter
    now: Clock

    def requests(self, info: DriverInfo, meter_time: datetime) -> Sequence[ArchiveRequest]:
        """In the order in which it is best asked."""
        return requests_for(self.meter, info, meter_time, MeterZone(self.meter.zone), self.now())


def _polled(meter: BookedMeter, archives: WantedArchives) -> PolledMeter:
    return PolledMeter(
        id=meter.id,
        serial=meter.serial,
        address=meter.address,
        zone=MeterZone(meter.zone),
        factor_sets=meter.factor_sets,
        archives=archives,
        levels=meter.levels,
        configuration=meter.configuration,
        allowed_drift=meter.plan.allowed_drift,
        visit=meter.plan.visit,
    )


def _spent(meter: BookedMeter, until: datetime) -> str:
    """What a person is told who asked for a meter whose budget is spent."""
    budget = meter.history.budget or "polls"
    return (
        f"Meter {meter.serial} ({meter.model}) was not asked: its budget of {budget} is spent. "
        f"The next poll is due at {until:%Y-%m-%d %H:%M} UTC."
    )


def _was_silent(history: PollHistory) -> bool:
    return history.outcome in SILENT
