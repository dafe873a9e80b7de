"""Serving one line: open it, ask its due meters one after another, keep each one's result."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Protocol
from uuid import UUID

import structlog

from collector.endings import outcome_of
from collector.links import Link
from collector.poll import Clock, Poll, Progress
from collector.polled_meter import PolledMeter
from collector.session import Session
from metering.errors import GatewayWedged, LineError, LineLost, NoResponse, TeploError
from metering.polls import Direction, Outcome, PollReport
from metering.requests import PollRequest
from protocols.driver import Driver

log = structlog.get_logger()

MOST_REOPENINGS = 3
SELDOM_SILENT = 2
"""Meters that are silent at once make the gateway suspect."""
CUTS = 3


@dataclass(frozen=True, slots=True)
class DueMeter:
    """A meter to be asked now, with the driver that speaks to it.

    `asked` is the wish of a person that this is; `probe`: it was silent so long that one question is enough.
    """

    meter: PolledMeter
    driver: Driver
    asked: PollRequest | None = None
    probe: bool = False


@dataclass(frozen=True, slots=True)
class Others:
    """The meters of a line that are not due now: whether one was read last time, how many were silent."""

    answer: bool = False
    silent: int = 0


class Wishes(Protocol):
    """What people want of the meters of a line while it is being served."""

    async def fresh(self, line_id: int) -> Sequence[PollRequest]:
        """Those that wait, oldest first; none while nobody can say."""
        ...

    def watch(
        self, request: PollRequest, call_off: Callable[[], None]
    ) -> AbstractAsyncContextManager[Progress]:
        """While this lasts, progress is told, and `call_off` is called when nobody wants it any more."""
        ...


@dataclass(slots=True)
class _Visit:
    """One service of a line: who still waits, and whose failure may be the gateway's.

    `suspects` met silence, or a cut, on a line on which not a byte was heard; their reports are held back.
    """

    waiting: list[DueMeter]
    suspecting: bool
    silent_others: int
    suspects: list[tuple[DueMeter, PollReport]] = field(default_factory=list)
    seen: set[UUID] = field(default_factory=set)
    opened_anew: bool = False

    def take_up(self, fresh: Sequence[DueMeter]) -> None:
        """Who has just been asked for goes before everybody."""
        self.waiting[:0] = fresh
        self.seen |= {due.asked.id for due in fresh if due.asked}

    def open_anew(self) -> None:
        """The suspects are asked once more, after those who were not asked yet."""
        self.opened_anew = True
        waiting = {due.meter.id for due in self.waiting}
        self.waiting += [due for due, _ in self.suspects if due.meter.id not in waiting]

    @property
    def unasked(self) -> list[DueMeter]:
        """Who waits and has no report: not the suspects that were to be asked once more."""
        suspects = {due.meter.id for due, _ in self.suspects}
        return [due for due in self.waiting if due.meter.id not in suspects]

    def doubted(self) -> list[PollReport]:
        """One report of each suspect, however often it was asked: it failed once."""
        joined: dict[tuple[int, UUID | None], PollReport] = {}
        for _, report in self.suspects:
            key = report.meter_id, report.request_id
            joined[key] = _joined(joined[key], report) if key in joined else report
        return list(joined.values())

    @property
    def silent(self) -> int:
        """How many meters of the line are silent."""
        return len({due.meter.id for due, _ in self.suspects}) + self.silent_others

    @property
    def cut(self) -> bool:
        """Whether the line was cut each time; no meter can hang up on us."""
        return all(report.outcome is Outcome.LINE_LOST for _, report in self.suspects)


@dataclass(frozen=True, slots=True)
class LineService:
    """Asks the due meters of one line. `save` takes each report as soon as it is complete.

    `fresh` gives the meters that were asked for since, those of the wishes left out that were seen already;
    `watch`: see Wishes. Once `stays` says no, the line is left to somebody else, who asks the rest.

    A meter that fails costs its own poll only. A line that was cut is opened again a few times; when it
    cannot be opened, the rest of its meters get a report that says so. Where `gateway` stands between us and
    the meters and passes nothing on, also after it was opened anew, the reports name the gateway.
    """

    collector: str
    open_link: Callable[[], Awaitable[Link]]
    make_session: Callable[[Link, Driver], Session]
    save: Callable[[PollReport], Awaitable[None]]
    now: Clock
    new_id: Callable[[], UUID]
    fresh: Callable[[Collection[UUID]], Awaitable[Sequence[DueMeter]]]
    watch: Callable[[PollRequest, Callable[[], None]], AbstractAsyncContextManager[Progress]]
    gateway: bool = False
    stays: Callable[[], bool] = lambda: True

    async def serve(self, due: Sequence[DueMeter], others: Others = Others()) -> None:
        """Ask all of them; raises nothing of the line's, each failure is in a saved report."""
        visit = _Visit([], self.gateway and not others.answer, others.silent)
        visit.take_up(due)
        lost: LineError | None = None
        for _ in range(1 + MOST_REOPENINGS):
            lost = await self._ask_until_lost(visit)
            if not visit.waiting or not isinstance(lost, LineLost):
                break
        await self._conclude(visit, lost or LineLost())

    async def _conclude(self, visit: _Visit, lost: LineError) -> None:
        unasked = visit.unasked
        if isinstance(lost, GatewayWedged):
            for report in visit.doubted():
                await self._keep(replace(report, outcome=outcome_of(lost), message=str(lost)))
        else:
            await self._clear(visit)
        for one in unasked:
            await self.save(self._no_link(one, lost))

    async def _ask_until_lost(self, visit: _Visit) -> LineError | None:
        try:
            link = await self.open_link()
        except LineError as error:
            return error
        try:
            return await self._ask_in_turn(link, visit)
        finally:
            await link.close()

    async def _ask_in_turn(self, link: Link, visit: _Visit) -> LineError | None:
        while visit.waiting:
            if not self.stays():
                visit.waiting.clear()
                return None
            visit.take_up(await self.fresh(visit.seen))
            poll, report = await self._asked(link, visit.waiting[0])
            due = visit.waiting.pop(0)
            if visit.suspecting and _nothing_heard(poll, report):
                visit.suspects.append((due, report))
                if doubt := _doubt(link, visit):
                    return doubt
            else:
                visit.suspecting = False
                await self._clear(visit)
                await self._keep(report)
            if isinstance(poll.error, LineError):
                return poll.error
        return None

    async def _clear(self, visit: _Visit) -> None:
        """The gateway is not to blame: each suspect keeps its own report."""
        for report in visit.doubted():
            await self._keep(report)
        visit.suspects.clear()

    async def _keep(self, report: PollReport) -> None:
        await self.save(report)
        self._tell(report)

    async def _asked(self, link: Link, due: DueMeter) -> tuple[Poll, PollReport]:
        session = self.make_session(link, due.driver)
        if due.probe:
            session.put_once()
        watched = self.watch(due.asked, session.call_off) if due.asked else nullcontext(_nobody)
        async with watched as told:
            poll = self._poll(session, due, told)
            return poll, await poll.run()

    def _poll(self, session: Session, due: DueMeter, told: Progress) -> Poll:
        return Poll(
            session,
            due.driver,
            due.meter,
            identifier=self.new_id(),
            collector=self.collector,
            now=self.now,
            asked=due.asked,
            told=told,
        )

    def _no_link(self, due: DueMeter, error: TeploError) -> PollReport:
        at, wish = self.now(), due.asked
        return PollReport(
            self.new_id(),
            due.meter.id,
            self.collector,
            at,
            at,
            outcome_of(error),
            str(error),
            request_id=wish.id if wish else None,
        )

    def _tell(self, report: PollReport) -> None:
        log.info(
            "poll",
            poll=str(report.id),
            meter=report.meter_id,
            outcome=report.outcome.value,
            message=report.message,
        )


def _nobody(done: int, wanted: int) -> None:
    """Nobody waits for a routine poll."""


def _joined(earlier: PollReport, later: PollReport) -> PollReport:
    """How it ended, with the frames of both."""
    count = len(earlier.frames)
    frames = (replace(frame, number=count + frame.number) for frame in later.frames)
    return replace(later, started_at=earlier.started_at, frames=(*earlier.frames, *frames))


def _nothing_heard(poll: Poll, report: PollReport) -> bool:
    """Whether the poll failed without a byte from the other side."""
    silent = isinstance(poll.error, NoResponse | LineLost)
    return silent and not any(frame.direction is Direction.RECEIVED for frame in report.frames)


def _doubt(link: Link, visit: _Visit) -> LineError | None:
    """A line on which nothing is heard is opened anew and its meters asked again, before it is blamed."""
    doubtful, proven = (1, CUTS) if visit.cut else (SELDOM_SILENT, SELDOM_SILENT)
    evidence = len(visit.suspects) if visit.cut else visit.silent
    if visit.opened_anew and evidence >= proven:
        return GatewayWedged(
            f"{link.description} can be opened, but not a single byte came through it, also after it was "
            "opened anew: the gateway hangs, or keeps its line for a connection that is long dead. Restart "
            "the gateway; when that does not help, check the wiring and power of all its meters."
        )
    if evidence >= doubtful:
        visit.open_anew()
        return LineLost(f"{link.description}: nothing is heard; it is opened anew.")
    return None
