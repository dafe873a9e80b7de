"""Where a collector without a database hands on what it read: to the broker."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from collector.entries import Entry
from collector.mqtt import topics
from collector.mqtt.connection import Connection
from metering.errors import LineError, StorageUnavailable

MOST_UNDERWAY: Final = 8
"""Messages on their way at once: a slow line is not asked to carry a whole spool within one time-out."""


class MqttSink:
    """Takes entries while it has a connection; the broker keeps each that `put` returned for."""

    def __init__(self, collector: str) -> None:
        self._collector = collector
        self.connection: Connection | None = None

    async def put(self, entries: Sequence[Entry]) -> None:
        """StorageUnavailable while the broker is away; StorageError: an entry is too large."""
        messages = [
            (topics.report(self._collector, one.kind), await asyncio.to_thread(one.packed)) for one in entries
        ]
        for start in range(0, len(messages), MOST_UNDERWAY):
            await self._publish(messages[start : start + MOST_UNDERWAY])

    async def _publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        connection = self.connection
        if connection is None:
            raise StorageUnavailable("The broker is away: what was read waits on the disk until it is back.")
        publishing = (connection.publish(topic, payload) for topic, payload in messages)
        ends = await asyncio.gather(*publishing, return_exceptions=True)
        for end in ends:
            if isinstance(end, LineError):
                raise StorageUnavailable(f"The broker did not take what was read: {end}") from end
            if isinstance(end, BaseException):
                raise end
