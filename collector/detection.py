"""Finding out what hangs on a line: every plausible question once, gently, until somebody answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from collector.line_settings import LineSettings
from collector.links import Link
from collector.links.url import LineUrl
from collector.poll import Clock
from collector.session import Session
from metering.errors import ConfigurationError, LineError, NoResponse, TeploError
from metering.polls import Direction
from metering.readings import Record
from protocols import catalogue
from protocols.family import Found
from protocols.searching import Setting, Trial

REST: Final = 0.3
"""Seconds of silence between two questions of different protocols: a meter forgets what it did not grasp."""
MOST_HEARD: Final = 512
"""Bytes of an answer that nobody understood, which are kept."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody answered this trial as a meter of its family."""

    trial: Trial
    found: Found

    @property
    def who(self) -> tuple[str, str, str]:
        """Protocol and serial number; the address where a protocol tells no number."""
        serial = self.found.identity.serial
        return self.trial.family.protocol, serial, "" if serial else self.trial.address


@dataclass(frozen=True, slots=True)
class Heard:
    """Bytes that were no answer to this trial; `guesses` are the protocols whose frame they are."""

    trial: Trial
    data: bytes
    guesses: tuple[str, ...]
    error: str


@dataclass(slots=True)
class Detected:
    """What a search found, and what it heard besides."""

    answers: list[Answer] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)

    def add(self, answer: Answer) -> None:
        """A meter that answers at two addresses, its own and everybody's, is one meter."""
        if answer.who not in {known.who for known in self.answers}:
            self.answers.append(answer)


Watch = Callable[[int, Trial, Detected], None]
"""Called before each trial with how many are done."""


class Detection:
    """Puts the trials in order on an open link. After an answer only its serial setting is tried further."""

    def __init__(self, link: Link, url: LineUrl, now: Clock, *, rest: float = REST) -> None:
        self._link = link
        self._url = url
        self._now = now
        self._rest = rest
        self._setting: Setting | None = None
        self._unsuitable: list[ConfigurationError] = []

    async def run(self, trials: Sequence[Trial], watch: Watch) -> Detected:
        """LineError when the line is lost, ConfigurationError when no address suits its family; everything
        else is a finding.
        """
        detected = Detected()
        for done, trial in enumerate(trials):
            if detected.answers and trial.setting != self._setting:
                break
            watch(done, trial, detected)
            await self._tune(trial)
            await self._try(trial, detected)
            await asyncio.sleep(self._rest)
        if trials and len(self._unsuitable) == len(trials):
            raise self._unsuitable[0]
        return detected

    async def _tune(self, trial: Trial) -> None:
        if trial.setting is not None and trial.setting != self._setting:
            await self._link.retune(trial.setting.baud, trial.setting.parity)
            self._setting = trial.setting

    async def _try(self, trial: Trial, detected: Detected) -> None:
        settings = replace(LineSettings.of(self._url, trial.line), attempts=1)
        session = Session(self._link, settings=settings, now=self._now)
        try:
            detected.add(Answer(trial, await session.run(trial.ask(), _nothing)))
        except LineError:
            raise
        except NoResponse:
            return
        except ConfigurationError as error:
            self._unsuitable.append(error)
        except TeploError as error:
            self._note(trial, session, error, detected)

    def _note(self, trial: Trial, session: Session, error: TeploError, detected: Detected) -> None:
        data = b"".join(one.data for one in session.frames if one.direction is Direction.RECEIVED)
        if data:
            guesses = tuple(family.protocol for family in catalogue.guess(data[:MOST_HEARD]))
            detected.heard.append(Heard(trial, data[:MOST_HEARD], guesses, str(error)))


def _nothing(records: tuple[Record, ...], frame: int) -> None:
    """A search reads no records."""
