"""The composition root: the one clock, the one random source, and how a line's parts are put together."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from collector.line_settings import LineSettings
from collector.links import Link, opening
from collector.links.opening import LinkOf
from collector.links.url import LineUrl
from collector.session import Session
from protocols import catalogue
from protocols.driver import Driver, LineDefaults
from teplo.settings import read_settings
from teplo.texts import Translate, translator


def clock() -> datetime:
    """The aware UTC time of this computer: the only place that asks for it."""
    return datetime.now(UTC)


def random_source(seed: int | None = None) -> random.Random:
    """The one random source; a seed makes a run repeatable."""
    return random.Random(seed)


new_identifier = uuid.uuid4

MODEM = LineDefaults(baud=115_200, parity="N", timeout=5.0, quiet=0.0)
"""What the port of a modem is set to where its URL names nothing."""


def driver_for(model: str, url: LineUrl) -> Driver:
    """The driver of a model as this line frames its bytes; UnknownModel when there is none."""
    return catalogue.driver(model, framing=url.framing, choices=url.choices)


async def open_link(url: LineUrl, driver: Driver, reached: Mapping[str, LinkOf] | None = None) -> Link:
    """The line, open; what its URL leaves out follows the model. `reached`: see opening.link_for."""
    return await opening.open_link(url, driver.info.line, reached)


async def open_modem(url: str) -> Link:
    """The port of a modem of our own, open."""
    return await opening.open_link(LineUrl.parse(url), MODEM)


def session_for(link: Link, url: LineUrl, driver: Driver, now: Callable[[], datetime] = clock) -> Session:
    """A session with the line's own times, or the model's where the URL names none."""
    return Session(link, settings=LineSettings.of(url, driver.info.line), now=now)


def texts() -> Translate:
    """Texts for people in the language of the settings."""
    return translator(read_settings().language)
