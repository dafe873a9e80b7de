"""Which topics hold pushed readings of which source: the setting TEPLO_PUSH.

    wmbusmeters chirpstack=application/7/device/+/event/up

A source without a filter is read under its usual topics.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from collector.mqtt.topics import matches
from metering.errors import ConfigurationError
from protocols.push.sources import SOURCES

_LEVEL: Final = r"(?:[^+#/\0]*|\+)"
_FILTER: Final = re.compile(rf"{_LEVEL}(?:/{_LEVEL})*(?:/#)?")
_OURS: Final = "teplo/"


def parse(text: str) -> Mapping[str, str]:
    """Filter by source; ConfigurationError names a wrong source or filter."""
    filters: dict[str, str] = {}
    for word in text.split():
        source, _, topics = word.partition("=")
        if source not in SOURCES:
            raise ConfigurationError(
                f"TEPLO_PUSH names the source {source!r}; known are {', '.join(SOURCES)}."
            )
        if source in filters:
            raise ConfigurationError(f"TEPLO_PUSH names {source} twice: one filter takes all its topics.")
        filters[source] = _checked(topics or SOURCES[source].topics)
    return filters


def source_of(filters: Mapping[str, str], topic: str) -> str | None:
    """Whose topic this is; the first filter that takes it counts."""
    return next((source for source, topics in filters.items() if matches(topics, topic)), None)


def _checked(topics: str) -> str:
    if not _FILTER.fullmatch(topics) or topics.startswith(_OURS):
        raise ConfigurationError(
            f"TEPLO_PUSH has the filter {topics!r}: write levels with / between them, + for any one, # at "
            f"the end for all the rest; topics that begin with {_OURS} are Teplo's own."
        )
    return topics
