"""Through which modem of the pool a number is called, and what happens when that modem fails."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from collector.dialling.call_link import CallLink
from collector.dialling.completion import completed
from collector.dialling.lease import Lease
from collector.dialling.modem_call import CallTerms, ModemCall
from collector.links import Link
from collector.links.url import LineUrl
from metering.calls import OUR_MODEMS_FAULT, CallResult
from metering.errors import CallFailed

MOST_MODEMS: Final = 6
"""Tried for one call, one after another."""
BETWEEN_LOOKS: Final = 1.0
"""Seconds from one question for a free modem to the next."""
MOST_LISTED: Final = 5
LONGEST_FAULT: Final = 160


class Dialler:
    """All data calls of one collector. A modem carries one call: by its lease, and by its port's lock."""

    def __init__(self, terms: CallTerms) -> None:
        self._terms = terms
        self._in_use: set[int] = set()

    def link(self, url: LineUrl) -> Link:
        """The link of a csd: line, not yet open. Opening it may take minutes."""
        return CallLink(url.text, lambda: self.call(url.place, url.pool or ""), self.end)

    async def call(self, number: str, pool: str) -> ModemCall:
        """A call that is connected; whoever asked for it gives it to `end`.

        CallFailed says why there is none. A modem whose own fault it was rests, and the next free one dials.
        """
        failures: list[CallFailed] = []
        while len(failures) < MOST_MODEMS and (lease := await self._awaited(pool)) is not None:
            try:
                return await self._call_through(lease, number)
            except CallFailed as failure:
                if failure.result not in OUR_MODEMS_FAULT:
                    raise
                failures.append(failure)
        raise await self._none_left(pool, failures)

    async def end(self, call: ModemCall) -> None:
        """Hang up and give the modem back. It is carried through although the caller is cancelled."""
        await completed(asyncio.create_task(self._end(call), name=f"end of a call via {call.modem.url}"))

    async def _awaited(self, pool: str) -> Lease | None:
        """While some rest, more calls are wanted than modems are left: most of them end within a minute."""
        clock = asyncio.get_running_loop().time
        until = clock() + self._terms.times.patience
        while True:
            lease = await self._lease(pool)
            if lease is not None or clock() >= until:
                return lease
            await asyncio.sleep(BETWEEN_LOOKS)

    async def _lease(self, pool: str) -> Lease | None:
        """A modem that this collector lost hold of without noticing may be lent to it again: not for use."""
        book = self._terms.book.modems
        while True:
            lease = await Lease.of_pool(book, pool, self._terms.collector, self._terms.times)
            if lease is None or lease.modem.id not in self._in_use:
                return lease

    async def _call_through(self, lease: Lease, number: str) -> ModemCall:
        call = ModemCall(self._terms, lease, number)
        self._in_use.add(lease.modem.id)
        lease.keep()
        try:
            await call.connect(lease.modem.pin)
        except BaseException:
            await self.end(call)
            raise
        return call

    async def _end(self, call: ModemCall) -> None:
        try:
            await call.end()
        finally:
            self._in_use.discard(call.lease.modem.id)

    async def _none_left(self, pool: str, failures: Sequence[CallFailed]) -> CallFailed:
        """The last failure says more than that nobody else was free."""
        resting = await self._terms.book.modems.resting(pool)
        rests = "; ".join(
            f"{modem.url} rests until {modem.rest_until:%H:%M:%S} UTC ({modem.fault[:LONGEST_FAULT]})"
            for modem in resting[:MOST_LISTED]
        )
        if failures:
            said = f"{failures[-1]} No other modem of the pool {pool!r} is free: {rests}."
            return CallFailed(said, failures[-1].result, failures[-1].cause)
        reason = rests or "each is in a call, or the pool has none; add modems when it happens often"
        return CallFailed(f"No modem of the pool {pool!r} is free: {reason}.", CallResult.NO_FREE_MODEM)
