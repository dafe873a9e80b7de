"""Quarantine: devices that connected to us and are not registered, for an engineer to look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from typing import Final

from storage import sql
from storage.pool import Database

_SQL = sql.statements("quarantine")

MOST_STRANGERS: Final = 10_000
LONGEST_HELLO: Final = 512
LONGEST_WORD: Final = 200
"""Characters of each text that a stranger, or the network, made up."""

StrangerKey = tuple[datetime, str]
"""Last seen and identity: where a page of the quarantine ends."""


@dataclass(frozen=True, slots=True)
class Stranger:
    """Who it says it is, by which kind of hello, and the network address from which it last came.

    `hello` is what it said first the last time; `listener` where it connected, `collector` to whom.
    """

    identity: str
    kind: str
    address: str
    first_at: datetime
    last_at: datetime
    times: int
    hello: bytes
    listener: str
    collector: str


class Quarantine:
    """At most `MOST_STRANGERS` of them: those that were away longest are forgotten first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def seen(self, strangers: Sequence[Stranger]) -> None:
        """Adds a batch; of one who was there before, the times are added and the rest is renewed.

        Texts and hellos are cut to their greatest length; one without an identity has none to be known by
        and is left out.
        """
        rows = [astuple(one) for one in _merged(map(_fitted, strangers)) if one.identity]
        if not rows:
            return
        columns = [list(column) for column in zip(*rows, strict=True)]
        async with self._database.transaction() as connection:
            # Collectors that see the same strangers take turns: their batches would lock crosswise.
            await connection.execute(_SQL["lock"])
            await connection.execute(_SQL["seen"], *columns)
            await connection.execute(_SQL["forget_oldest"], MOST_STRANGERS)

    async def list(self, after: StrangerKey | None = None, limit: int = 100) -> list[Stranger]:
        """Those who came last first; `after` is the last key of the page before."""
        rows = await self._database.rows(_SQL["list"], *(after or (None, None)), limit)
        return [Stranger(**row) for row in rows]

    async def forget(self, identity: str) -> bool:
        """Whether it was there: it is registered now, or of no interest."""
        return await self._database.value(_SQL["forget"], identity) is not None


def _fitted(one: Stranger) -> Stranger:
    return replace(
        one,
        identity=_text(one.identity),
        kind=_text(one.kind),
        address=_text(one.address),
        hello=one.hello[:LONGEST_HELLO],
    )


def _text(text: str) -> str:
    """What PostgreSQL can store: no zeros, no halves of characters, and not without end."""
    return text[:LONGEST_WORD].replace("\0", "").encode("utf-8", "replace").decode()


def _merged(strangers: Iterable[Stranger]) -> Iterable[Stranger]:
    """One row each, the latest, in one order: a statement changes a row once only."""
    merged: dict[str, Stranger] = {}
    for one in sorted(strangers, key=lambda stranger: stranger.last_at):
        before = merged.get(one.identity)
        if before is not None:
            one = replace(one, first_at=min(before.first_at, one.first_at), times=before.times + one.times)
        merged[one.identity] = one
    return merged.values()
