"""From a line's URL to its link: one row per scheme."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from collector.links import Link
from collector.links.rfc2217 import Rfc2217Link
from collector.links.serial_port import SerialLink, SerialSettings
from collector.links.tcp import TcpLink
from collector.links.url import LineUrl
from metering.errors import ConfigurationError
from protocols.driver import LineDefaults


def _tcp(url: LineUrl, model: LineDefaults) -> Link:
    return TcpLink(url.text, url.host, url.port)


def _serial(url: LineUrl, model: LineDefaults) -> Link:
    return SerialLink(url.text, url.place, _settings(url, model))


def _rfc2217(url: LineUrl, model: LineDefaults) -> Link:
    return Rfc2217Link(url.text, f"rfc2217://{url.place}", _settings(url, model))


def _settings(url: LineUrl, model: LineDefaults) -> SerialSettings:
    return SerialSettings(url.baud or model.baud, url.parity or model.parity, url.stop or model.stop)


OPENERS: Final[Mapping[str, Callable[[LineUrl, LineDefaults], Link]]] = {
    "serial": _serial,
    "rfc2217": _rfc2217,
    "tcp": _tcp,
    "modbus-tcp": _tcp,
}


ELSEWHERE: Final[Mapping[str, str]] = {
    "csd": "calls are made by a collector that has the modems of the pool",
    "inbound": "the modem is connected to the collector that listens for it",
    "mqtt": "its meters push what they measure; nobody asks them",
}

LinkOf = Callable[[LineUrl], Link]
"""How a line is reached that needs more than its URL: a pool of modems, or who is connected to us."""


def link_for(
    url: LineUrl, model: LineDefaults = LineDefaults(), reached: Mapping[str, LinkOf] | None = None
) -> Link:
    """The link of this line, not yet open. The model's serial settings hold where the URL names none.

    `reached` by scheme is asked first; ConfigurationError when this process cannot open such a line at all.
    """
    if reached and url.scheme in reached:
        return reached[url.scheme](url)
    if url.scheme in ELSEWHERE:
        raise ConfigurationError(
            f"{url.text} cannot be opened from here: {ELSEWHERE[url.scheme]}. Ask that collector to poll the "
            "line: POST /api/v1/lines/{id}/poll-requests."
        )
    return OPENERS[url.scheme](url, model)


async def open_link(
    url: LineUrl, model: LineDefaults = LineDefaults(), reached: Mapping[str, LinkOf] | None = None
) -> Link:
    """The link of this line, open; LineUnavailable or LineBusy when it cannot be."""
    link = link_for(url, model, reached)
    await link.open()
    return link
