"""Signal surveys over a running line: the gateway itself is asked how well it hears its network."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Final

from collector.attendance import Attendance
from collector.inbound.events import Connected
from collector.inbound.listener import Listener
from collector.line_settings import LineSettings
from collector.links import Link
from collector.links.url import LineUrl
from collector.poll import Clock
from collector.session import Session
from collector.survey import Ask, SurveyPlan, take_samples
from metering.errors import (
    DecodeError,
    ExchangeError,
    LineError,
    MeterError,
    ModemAway,
    NotSupported,
    StorageUnavailable,
    TeploError,
)
from metering.modems import ModemIdentity
from metering.readings import Record
from metering.signals import SignalReport
from metering.surveys import Sample, judge
from protocols.conversation import Conversation
from protocols.gateway_reports import read_signal, read_sim
from storage.pool import Database
from storage.surveys import Survey, Surveys
from storage.usage_points import Line

CANNOT_BE_ASKED: Final = (
    "cannot be asked for its signal over this line: of those that we know, only iRZ modems with "
    "encapsulation and Teleofis WRX with a service channel answer such a question. Take the survey on site, "
    "with a modem on a laptop: teplo signal survey serial:/dev/..."
)

NOT_ANSWERED: Final = (LineError, ExchangeError, MeterError, DecodeError)

ReadSignal = Callable[[], Conversation[SignalReport] | None]
"""A fresh question for the gateway's signal; None where it cannot be asked."""


class LineSurveys:
    """Takes what was requested for a line, as a part of its job: the line has one talker."""

    def __init__(self, database: Database, now: Clock, listener: Listener, attendance: Attendance) -> None:
        self._surveys = Surveys(database)
        self._now = now
        self._listener = listener
        self._attendance = attendance
        self._without_answer: dict[int, Connected] = {}

    async def look(self, line: Line) -> None:
        """One question for the signal, where the gateway can be asked: its series goes on between surveys.

        Nothing depends on it. A gateway that does not answer is not asked again over the same connection.
        """
        connected = self._attendance.connected(line.id)
        if connected is None or self._without_answer.get(line.id) is connected:
            return
        try:
            report = await self._looked(LineUrl.parse(line.url), connected)
        except NOT_ANSWERED:
            self._without_answer[line.id] = connected
        else:
            self._attendance.reported(connected.modem.modem_id, report)

    async def _looked(self, url: LineUrl, connected: Connected) -> SignalReport:
        link, read = self._way_to_ask(url, connected)
        await link.open()
        try:
            once = replace(LineSettings.of(url), attempts=1)
            return await _question(Session(link, settings=once, now=self._now), read)()
        finally:
            await link.close()

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
        connected = self._attendance.connected(line.id)
        if connected is None:
            raise ModemAway(f"The modem of {url.text} is not connected to this collector now.")
        link, read = self._way_to_ask(url, connected)
        await link.open()
        try:
            session = Session(link, settings=LineSettings.of(url), now=self._now)
            await self._learn_sim(session, connected)
            return await take_samples(_question(session, read), plan, self._now)
        finally:
            await link.close()

    async def _learn_sim(self, session: Session, connected: Connected) -> None:
        """Which card the signal was heard with, where the gateway tells; the survey does not depend on it."""
        question = read_sim(connected.kind, connected.encapsulated)
        if question is None:
            return
        with suppress(ExchangeError, MeterError, DecodeError):
            iccid = await session.run(question, _nothing)
            self._attendance.learned(connected.modem.modem_id, None, ModemIdentity(iccid=iccid))

    def _way_to_ask(self, url: LineUrl, connected: Connected) -> tuple[Link, ReadSignal]:
        """Over the meters' own connection where the gateway can be asked there, else its service channel."""
        kind, encapsulated = connected.kind, connected.encapsulated
        for link, service in ((self._listener.link(url), False), (self._listener.service_link(url), True)):
            read = partial(read_signal, kind, encapsulated, service=service)
            if read() is not None:
                return link, read
        raise NotSupported(f"The gateway of {url.text} {CANNOT_BE_ASKED}")


def _question(session: Session, read: ReadSignal) -> Ask:
    async def ask() -> SignalReport:
        conversation = read()
        assert conversation is not None
        return await session.run(conversation, _nothing)

    return ask


def _plan(survey: Survey) -> SurveyPlan:
    return SurveyPlan(survey.request.samples_wanted, survey.request.every.total_seconds())


def _nothing(records: tuple[Record, ...], frame: int) -> None:
    """A gateway delivers no records."""
