"""The database as a place where entries go, and one in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from collector.endings import without_readings
from collector.entries import Entry
from metering.calls import Call
from metering.errors import ReadingConflict, StorageError, StorageUnavailable
from metering.polls import PollReport
from storage.calls import Calls
from storage.heard import HeardContacts, HeardLevels
from storage.modems import Modems
from storage.polls import Polls
from storage.pool import Database
from storage.signals import Signals


class DatabaseSink:
    """Reports go in one batch; a report that is refused alone is stored without its readings, as refused."""

    def __init__(self, database: Database) -> None:
        self._polls = Polls(database)
        self._calls = Calls(database)
        self._signals = Signals(database)
        self._modems = Modems(database)

    async def put(self, entries: Sequence[Entry]) -> None:
        reports = [one.value for one in entries if isinstance(one.value, PollReport)]
        if reports:
            await self._save_reports(reports)
        for one in entries:
            await self._save(one)

    async def _save_reports(self, reports: Sequence[PollReport]) -> None:
        try:
            await self._polls.save_many(reports)
        except StorageUnavailable:
            raise
        except StorageError as error:
            if len(reports) == 1:
                await self._polls.save_many([without_readings(reports[0], error)])
            raise

    async def _save(self, entry: Entry) -> None:
        match entry.value:
            case Call() as call:
                await self._calls.save(call)
            case HeardLevels(modem_id, levels):
                await self._signals.add(modem_id, levels)
            case HeardContacts(contacts) as heard:
                await self._modems.heard(contacts, heard.id)


class MemorySink:
    """What was put, each thing once; `away` and `refuses` make it fail."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.batches: list[int] = []
        self.away = False
        self.refuses: Callable[[Entry], bool] = lambda entry: False

    async def put(self, entries: Sequence[Entry]) -> None:
        if self.away:
            raise StorageUnavailable
        if any(map(self.refuses, entries)):
            raise ReadingConflict
        self.batches.append(len(entries))
        self.entries.extend(one for one in entries if one not in self.entries)
