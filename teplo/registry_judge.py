"""What lines and meters can be, for whoever takes over sheets without knowing protocols."""

from __future__ import annotations

from billing.registry_table.checking import Judge, LineParts
from collector.links.url import LineUrl
from teplo.addresses import check_address

WITH_MODEM = ("csd", "inbound")
"""Schemes of lines that have a modem of their own at the far end."""


def judge() -> Judge:
    """By the URLs that collectors open, and the models that drivers know."""
    return Judge(_line, check_address)


def _line(url: str) -> LineParts:
    parsed = LineUrl.parse(url)
    return LineParts(parsed.endpoint, parsed.pool, parsed.scheme in WITH_MODEM, parsed.pushes)
