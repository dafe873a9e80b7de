"""From a line's URL to its link: one row per scheme."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from collector.links import Link
from collector.links.rfc2217 import Rfc2217Link
from collector.links.serial_port import SerialLink, SerialSettings
from collector.links.tcp import TcpLink
from collector.links.url import LineUrl
from protocols.driver import LineDefaults


def _tcp(url: LineUrl, model: LineDefaults) -> Link:
    return TcpLink(url.text, url.host, url.port)


def _serial(url: LineUrl, model: LineDefaults) -> Link:
    return SerialLink(url.text, url.place, _settings(url, model))


def _rfc2217(url: LineUrl, model: LineDefaults) -> Link:
    return Rfc2217Link(url.text, f"rfc2217://{url.place}", _settings(url, model))


def _settings(url: LineUrl, model: LineDefaults) -> SerialSettings:
    return SerialSettings(url.baud or model.baud, url.parity or model.parity, url.stop or 1)


OPENERS: Final[Mapping[str, Callable[[LineUrl, LineDefaults], Link]]] = {
    "serial": _serial,
    "rfc2217": _rfc2217,
    "tcp": _tcp,
    "modbus-tcp": _tcp,
}


def link_for(url: LineUrl, model: LineDefaults = LineDefaults()) -> Link:
    """The link of this line, not yet open. The model's serial settings hold where the URL names none."""
    return OPENERS[url.scheme](url, model)


async def open_link(url: LineUrl, model: LineDefaults = LineDefaults()) -> Link:
    """The link of this line, open; LineUnavailable or LineBusy when it cannot be."""
    link = link_for(url, model)
    await link.open()
    return link
