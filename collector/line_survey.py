"""Signal surveys over a running line: the gateway itself is asked how well it hears its network."""

from __future__ import annotations

from typing import Final

from collector.attendance import Attendance
from collector.inbound.listener import Listener
from collector.line_settings import LineSettings
from collector.links import Link
from collector.links.url import LineUrl
from collector.poll import Clock
from collector.session import Session
from collector.survey import Ask, SurveyPlan, take_samples
from metering.errors import ModemAway, NotSupported, TeploError
from metering.readings import Record
from metering.signals import SignalReport
from metering.surveys import Sample, judge
from protocols.gateway_reports import read_signal
from storage.pool import Database
from storage.surveys import Survey, Surveys
from storage.usage_points import Line

CANNOT_BE_ASKED: Final = (
    "cannot be asked for its signal over this line: of those that we know, only iRZ modems with "
    "encapsulation answer such a question. Take the survey on site, with a modem on a laptop: "
    "teplo signal survey serial:/dev/..."
)


class LineSurveys:
    """Takes what was requested for a line, as a part of its job: the line has one talker."""

    def __init__(self, database: Database, now: Clock, listener: Listener, attendance: Attendance) -> None:
        self._surveys = Surveys(database)
        self._now = now
        self._listener = listener
        self._attendance = attendance

    async def take(self, line: Line) -> None:
        """Take the line's waiting surveys; each ends as done or failed, with the reason."""
        for survey in await self._surveys.waiting(line.id):
            await self._surveys.start(survey.id, self._now())
            try:
                samples = await self._samples(line, _plan(survey))
            except TeploError as error:
                await self._surveys.fail(survey.id, self._now(), str(error))
            else:
                findings = judge(samples, survey.request.rule)
                await self._surveys.finish(survey.id, self._now(), findings, samples)

    async def _samples(self, line: Line, plan: SurveyPlan) -> list[Sample]:
        url = LineUrl.parse(line.url)
        if url.scheme != "inbound":
            raise NotSupported(f"The gateway of {url.text} {CANNOT_BE_ASKED}")
        link = self._listener.link(url)
        await link.open()
        try:
            return await take_samples(self._question(line, url, link), plan, self._now)
        finally:
            await link.close()

    def _question(self, line: Line, url: LineUrl, link: Link) -> Ask:
        connected = self._attendance.connected(line.id)
        if connected is None:
            raise ModemAway(f"The modem of {url.text} went away before it could be asked.")
        if read_signal(connected.kind, connected.encapsulated) is None:
            raise NotSupported(f"The gateway of {url.text} {CANNOT_BE_ASKED}")
        session = Session(link, settings=LineSettings.of(url), now=self._now)

        async def ask() -> SignalReport:
            question = read_signal(connected.kind, connected.encapsulated)
            assert question is not None
            return await session.run(question, _nothing)

        return ask


def _plan(survey: Survey) -> SurveyPlan:
    return SurveyPlan(survey.request.samples_wanted, survey.request.every.total_seconds())


def _nothing(records: tuple[Record, ...], frame: int) -> None:
    """A gateway delivers no records."""
