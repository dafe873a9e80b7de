"""Signal surveys over a running line: the gateway itself is asked how well it hears its network."""

from __future__ import annotations

from contextlib import suppress

from collector.inbound.events import Connected
from collector.line_settings import LineSettings
from collector.line_signal import CANNOT_BE_ASKED, LineSignal, nothing, question
from collector.links.url import LineUrl
from collector.poll import Clock
from collector.presence import Presence
from collector.session import Session
from collector.survey import SurveyPlan, take_samples
from metering.errors import (
    DecodeError,
    ExchangeError,
    MeterError,
    ModemAway,
    NotSupported,
    StorageUnavailable,
    TeploError,
)
from metering.modems import ModemIdentity
from metering.surveys import Sample, judge
from protocols.gateway_reports import read_sim
from storage.pool import Database
from storage.registered import Line
from storage.surveys import Survey, Surveys


class LineSurveys:
    """Takes what was requested for a line, as a part of its job: the line has one talker."""

    def __init__(self, database: Database, now: Clock, presence: Presence, signal: LineSignal) -> None:
        self._surveys = Surveys(database)
        self._now = now
        self._presence = presence
        self._signal = signal

    async def take(self, line: Line) -> None:
        """Take the line's waiting surveys; each ends as done or failed, with the reason."""
        for survey in await self._surveys.waiting(line.id):
            if await self._surveys.start(survey.id, self._now()):
                await self._take(line, survey)

    async def _take(self, line: Line, survey: Survey) -> None:
        """One whose findings the database refuses fails too: it must not keep the line from its meters."""
        try:
            samples = await self._samples(line, _plan(survey))
            findings = judge(samples, survey.request.rule)
            await self._surveys.finish(survey.id, self._now(), findings, samples)
        except StorageUnavailable:
            raise
        except TeploError as error:
            await self._surveys.fail(survey.id, self._now(), str(error))

    async def _samples(self, line: Line, plan: SurveyPlan) -> list[Sample]:
        url = LineUrl.parse(line.url)
        if url.scheme != "inbound":
            raise NotSupported(f"The gateway of {url.text} {CANNOT_BE_ASKED}")
        connected = self._presence.connected(line.id)
        if connected is None:
            raise ModemAway(f"The modem of {url.text} is not connected to this collector now.")
        link, read = self._signal.way_to_ask(url, connected)
        await link.open()
        try:
            session = Session(link, settings=LineSettings.of(url), now=self._now)
            await self._learn_sim(session, connected)
            return await take_samples(question(session, read), plan, self._now)
        finally:
            await link.close()

    async def _learn_sim(self, session: Session, connected: Connected) -> None:
        """Which card the signal was heard with, where the gateway tells; the survey does not depend on it."""
        asking = read_sim(connected.kind, connected.encapsulated)
        if asking is None:
            return
        with suppress(ExchangeError, MeterError, DecodeError):
            iccid = await session.run(asking, nothing)
            self._presence.learned(connected.modem.modem_id, None, ModemIdentity(iccid=iccid))


def _plan(survey: Survey) -> SurveyPlan:
    return SurveyPlan(survey.request.samples_wanted, survey.request.every.total_seconds())
