"""What comes in by itself: whose it is, and what nobody understood."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from metering.evidence import DISQUALIFYING
from metering.quantities import QUANTITIES, Behaviour
from metering.readings import MeterValue
from storage import sql
from storage.pool import Database

_SQL = sql.statements("push")
_REGISTERS: Final = [one.name for one in QUANTITIES.values() if one.behaviour is Behaviour.REGISTER]
_INVALID: Final = sorted(DISQUALIFYING)

SCHEME: Final = "mqtt:"
"""A line with this URL, followed by a source's name, is never opened: its meters push."""
LOOK_BACK: Final = timedelta(days=400)
"""A meter that was silent for longer is compared with nothing."""
MOST_LETTERS: Final = 2_000
LONGEST_PAYLOAD: Final = 65_536
LONGEST_WORDS: Final = 500


@dataclass(frozen=True, slots=True)
class PushingMeter:
    """A registered meter that pushes; `factor_sets` by circuit, as they hold at the instant asked for."""

    id: int
    serial: str
    model: str
    zone: str
    factor_sets: Mapping[int, str]


class PushingMeters:
    """The meters on lines `mqtt:<source>`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, source: str, serial: str, at: datetime) -> list[PushingMeter]:
        """None, the one, or two where two models have one serial number."""
        rows = await self._database.rows(_SQL["meters"], SCHEME + source, serial, at)
        return [PushingMeter(**{**row, "factor_sets": dict(row["factor_sets"])}) for row in rows]

    async def levels_before(self, meter_id: int, at: datetime) -> tuple[MeterValue, ...]:
        """The last valid current level of each register before this instant, in the meter's own units."""
        rows = await self._database.rows(_SQL["levels_before"], meter_id, at, _REGISTERS, _INVALID, LOOK_BACK)
        return tuple(
            MeterValue(QUANTITIES[row["quantity"]], row["raw_unit"], row["raw_value"], circuit=row["circuit"])
            for row in rows
        )


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was not understood. `size` is that of the whole payload, of which a part may be kept."""

    topic: str
    payload: bytes
    size: int
    reason: str
    first_at: datetime
    last_at: datetime
    times: int


class DeadLetters:
    """At most `MOST_LETTERS`: those that came last. A message that comes again is counted, not added."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, topic: str, payload: bytes, reason: str, at: datetime) -> None:
        """Keeps one message."""
        await self.add_all([(topic, payload, reason, at)])

    async def add_all(self, letters: Sequence[tuple[str, bytes, str, datetime]]) -> None:
        """Topic, payload, reason and time of each."""
        rows = {row[0]: row for row in (_row(*letter) for letter in letters)}
        if not rows:
            return
        columns = [list(column) for column in zip(*rows.values(), strict=True)]
        async with self._database.transaction() as connection:
            await connection.execute(_SQL["lock_letters"])
            await connection.execute(_SQL["add_letters"], *columns)
            await connection.execute(_SQL["forget_oldest"], MOST_LETTERS)

    async def list(self, limit: int = 100) -> list[DeadLetter]:
        """Those that came last first."""
        return [DeadLetter(**row) for row in await self._database.rows(_SQL["letters"], limit)]

    async def forget(self, until: datetime) -> int:
        """How many were there that came last at this instant or before."""
        return int(await self._database.value(_SQL["forget_letters"], until))


def _row(topic: str, payload: bytes, reason: str, at: datetime) -> tuple[Any, ...]:
    digest = hashlib.sha256(topic.encode("utf-8", "replace") + b"\0" + payload).digest()
    return digest, _text(topic), payload[:LONGEST_PAYLOAD], len(payload), _text(reason), at


def _text(text: str) -> str:
    """What PostgreSQL can store: no zeros, no halves of characters, and not without end."""
    return text[:LONGEST_WORDS].replace("\0", "").encode("utf-8", "replace").decode()
