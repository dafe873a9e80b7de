"""Who serves which line while the database is away, and who was still at it when it came back."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta

from storage import sql
from storage.pool import Database

_SQL = sql.statements("lines")


class Lines:
    """Homes and visits of lines; times are those of the database's clock."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def assign_homes(self, life: timedelta) -> None:
        """Gives every line a home while any collector lives; a home is moved only when it must be.

        A line that one collector alone reaches, itself, by its pool or by the connection that it holds, is at
        home there. Others move when nothing was heard of their home for `life`: those go to collectors that
        live, in even shares.
        """
        async with self._database.transaction() as connection:
            # Two who share the lines out at once would each give the same ones away.
            await connection.execute(_SQL["lock"])
            await connection.execute(_SQL["bind"])
            homeless = [row["id"] for row in await connection.fetch(_SQL["homeless"], life)]
            if homeless:
                alive = [(row["lines"], row["name"]) for row in await connection.fetch(_SQL["alive"])]
                shares = list(_shares(homeless, alive))
                lines, homes = [line for line, _ in shares], [home for _, home in shares]
                await connection.execute(_SQL["settle"], lines, homes)

    async def surplus(self, collector: str) -> set[int]:
        """Lines at home with this collector that would be better at home with one that has fewer."""
        loads = {row["name"]: row["lines"] for row in await self._database.rows(_SQL["alive"])}
        own = loads.pop(collector, 0)
        movable = await self._database.rows(_SQL["movable"], collector)
        return {row["id"] for row in movable[: _too_many(own, loads.values())]}

    async def release(self, collector: str, lines: Collection[int]) -> None:
        """Nobody's home from now on, and given out anew: who had them has forgotten them before."""
        await self._database.rows(_SQL["release"], collector, sorted(lines))

    async def homes(self, collector: str) -> set[int]:
        """The lines that are at home with this collector."""
        return {row["id"] for row in await self._database.rows(_SQL["homes"], collector)}

    async def begin_visits(self, collector: str, lines: Collection[int]) -> None:
        """This collector is serving exactly these lines now without having been asked by a job."""
        await self._database.rows(_SQL["begin_visits"], collector, sorted(lines))

    async def is_anothers(self, line_id: int, collector: str, back_for: timedelta | None) -> bool:
        """Whether another collector that lives visits the line.

        `back_for`: for how long the database has been back, while not everybody may have found that out yet:
        another one at whose home the line is, and who was not heard of since, may be visiting it as well.
        """
        return bool(await self._database.value(_SQL["is_anothers"], line_id, collector, back_for))


def _shares(lines: Sequence[int], alive: Sequence[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Each line with the one who has the fewest by then."""
    loads = list(alive)
    heapq.heapify(loads)
    for line in lines if loads else ():
        count, name = loads[0]
        heapq.heapreplace(loads, (count + 1, name))
        yield line, name


def _too_many(own: int, others: Iterable[int]) -> int:
    """How many lines to give away, each to who has the fewest by then, until all have about as many."""
    loads, given = list(others), 0
    heapq.heapify(loads)
    while loads and own - given - loads[0] > 1:
        heapq.heapreplace(loads, loads[0] + 1)
        given += 1
    return given
