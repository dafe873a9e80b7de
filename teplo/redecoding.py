"""Decoding the past again, poll by poll: what would change, then the change itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID

from collector.links.url import LineUrl
from collector.redecoding import PastPoll, Redecoded, redecode
from metering.calendar import MeterZone
from metering.differences import Difference, ValueKey, differences
from metering.errors import ConfigurationError, DecodeError
from metering.polls import PollReport
from protocols import catalogue
from storage.packed_transcripts import Transcript
from storage.pool import Database
from storage.redecoding import KeptPoll, Redecoding, SlotStart, StoredValue, Wanted
from storage.transcripts import transcript
from teplo.composition import driver_for

MOST_SHOWN: Final = 200
MOST_NAMED: Final = 20


class End(StrEnum):
    """How decoding a poll again ended."""

    DONE = "done"
    CUT = "cut"
    """It was cut then, and ends where it did; the values before count."""
    UNASKED = "unasked"
    """The driver asks what was not asked then: from there on these bytes say nothing to it."""
    NOT_UNDERSTOOD = "not_understood"
    """The driver still does not understand it, or its frames are damaged."""


@dataclass(frozen=True, slots=True)
class Again:
    """One poll decoded again; `report` None where its frames are damaged."""

    poll: KeptPoll
    end: End
    differences: tuple[Difference, ...] = ()
    report: PollReport | None = None
    message: str = ""


@dataclass(slots=True)
class Findings:
    """All polls together. `shown` and `named` are bounded, the counts are not."""

    held: int = 0
    ends: Counter[End] = field(default_factory=Counter)
    quantities: Counter[str] = field(default_factory=Counter)
    shown: list[tuple[KeptPoll, Difference]] = field(default_factory=list)
    named: list[Again] = field(default_factory=list)
    changed: set[UUID] = field(default_factory=set)
    _seen: set[tuple[int, ValueKey]] = field(default_factory=set)

    def add(self, again: Again) -> None:
        """A value that several polls brought alike counts once."""
        self.ends[again.end] += 1
        if again.end in (End.UNASKED, End.NOT_UNDERSTOOD) and len(self.named) < MOST_NAMED:
            self.named.append(again)
        if again.differences:
            self.changed.add(again.poll.id)
        for one in again.differences:
            self._count(again.poll, one)

    @property
    def values(self) -> int:
        return self.quantities.total()

    def _count(self, poll: KeptPoll, one: Difference) -> None:
        where = poll.meter_id, one.key
        if where in self._seen:
            return
        self._seen.add(where)
        self.quantities[one.key.quantity] += 1
        if len(self.shown) < MOST_SHOWN:
            self.shown.append((poll, one))


async def compare(database: Database, wanted: Wanted, told: Callable[[int], None]) -> Findings:
    """What decoding these polls again would change; nothing is written. `told`: one more is done."""
    findings = Findings(held=(await Redecoding(database).count(wanted))[1])
    async for again in decoded_again(database, wanted):
        findings.add(again)
        told(1)
    return findings


async def write(
    database: Database, wanted: Wanted, changed: Collection[UUID], told: Callable[[int], None]
) -> int:
    """Writes what changes in these polls, oldest first; each by itself, so that it may be broken off."""
    store, written = Redecoding(database), 0
    async for again in decoded_again(database, wanted, changed):
        if again.differences and again.report is not None:
            withdrawn = [one.key for one in again.differences if one.new is None]
            await store.write(again.report, withdrawn)
            written += len(again.differences)
        told(1)
    return written


async def decoded_again(
    database: Database, wanted: Wanted, only: Collection[UUID] | None = None
) -> AsyncIterator[Again]:
    """Oldest first; where `only` is given, these polls alone."""
    renumbered = catalogue.families()[catalogue.driver(wanted.model).info.protocol].renumbered
    async for poll in Redecoding(database).polls(wanted):
        if only is None or poll.id in only:
            yield await _again(database, poll, wanted.model, renumbered)


async def _again(
    database: Database, poll: KeptPoll, model: str, renumbered: Callable[[bytes, bytes], bytes]
) -> Again:
    store = Redecoding(database)
    try:
        kept = await transcript(database, poll.id) or Transcript(())
        slots = _asked(kept, poll)
        stored = await store.current_values(poll) | await store.archive_values(poll, slots)
        factor_sets = await store.factor_sets(poll) | _factor_sets(stored)
        driver = driver_for(model, LineUrl.parse(poll.url))
        result = await redecode(_past(poll, kept, factor_sets, stored), driver, renumbered)
    except (DecodeError, ConfigurationError) as error:
        return Again(poll, End.NOT_UNDERSTOOD, message=str(error))
    brought = {(one.kind, one.slot.start) for one in result.report.archive}
    stored = await store.archive_values(poll, brought - slots) | stored
    return _compared(poll, result, stored)


def _compared(poll: KeptPoll, result: Redecoded, stored: dict[ValueKey, StoredValue]) -> Again:
    found = differences(
        result.report, {key: one.standing for key, one in stored.items()}, whole=result.error is None
    )
    return Again(poll, _end(result), tuple(found), result.report, _message(result))


def _end(result: Redecoded) -> End:
    if result.error is None:
        return End.DONE
    if result.unasked is not None:
        return End.UNASKED
    return End.NOT_UNDERSTOOD if isinstance(result.error, DecodeError | ConfigurationError) else End.CUT


def _message(result: Redecoded) -> str:
    return result.unasked.hex(" ").upper() if result.unasked is not None else str(result.error or "")


def _past(
    poll: KeptPoll, kept: Transcript, factor_sets: dict[int, str], stored: dict[ValueKey, StoredValue]
) -> PastPoll:
    return PastPoll(
        id=poll.id,
        meter_id=poll.meter_id,
        address=poll.address,
        zone=poll.zone,
        collector=poll.collector,
        started_at=poll.started_at,
        finished_at=poll.finished_at,
        outcome=poll.outcome,
        findings=poll.findings,
        frames=kept.frames,
        asked=kept.asked,
        factor_sets=factor_sets,
        read_at={one.frame: key.at for key, one in stored.items() if key.kind is None},
        request=poll.request,
    )


def _asked(kept: Transcript, poll: KeptPoll) -> set[SlotStart]:
    zone = MeterZone(poll.zone)
    return {(one.kind, zone.slot(slot).start) for one in kept.asked for slot in one.slots}


def _factor_sets(stored: dict[ValueKey, StoredValue]) -> dict[int, str]:
    """Those under which the poll's values were normalised."""
    return {key.circuit: one.factor_set for key, one in stored.items() if one.standing.own}
