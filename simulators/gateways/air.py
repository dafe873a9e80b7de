"""The way between a gateway and the head-end: packets take their time, stay in order, are cut and merged."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from simulators.gateways.mishaps import Fate, Mishap

_MOST_UNDER_WAY: Final = 64
BETWEEN_SEGMENTS: Final = 0.02
"""Seconds at least between the two segments of a packet that was cut."""


class _Packet(NamedTuple):
    data: bytes
    cut_by: Mishap


class Way:
    """One direction. `deliver` gets the segments one after another, as they arrive at the other end."""

    def __init__(self, deliver: Callable[[bytes], Awaitable[None]], fate: Fate, *, whole: bool) -> None:
        self._deliver = deliver
        self._fate = fate
        self._whole = whole
        self._under_way: asyncio.Queue[_Packet] = asyncio.Queue(_MOST_UNDER_WAY)

    def send(self, data: bytes, cut_by: Mishap = Mishap.SPLIT) -> None:
        """Put a packet on its way; a way that is full loses it, as a gateway's buffer does."""
        if data and not self._under_way.full():
            self._under_way.put_nowait(_Packet(data, cut_by))

    async def carry(self) -> None:
        """Carry until cancelled."""
        while True:
            packet = await self._under_way.get()
            await asyncio.sleep(self._fate.delay())
            for number, segment in enumerate(await self._segments(packet)):
                if number:
                    await asyncio.sleep(max(self._fate.delay(), BETWEEN_SEGMENTS))
                await self._deliver(segment)

    async def _segments(self, packet: _Packet) -> list[bytes]:
        if self._whole:
            return [packet.data]
        if len(packet.data) > 1 and self._fate.befalls(packet.cut_by):
            self._fate.count(packet.cut_by)
            cut = self._fate.random.randrange(1, len(packet.data))
            return [packet.data[:cut], packet.data[cut:]]
        if self._fate.befalls(Mishap.MERGED):
            return [packet.data + await self._next()]
        return [packet.data]

    async def _next(self) -> bytes:
        """The packet behind, when there is one soon."""
        await asyncio.sleep(max(self._fate.delay(), BETWEEN_SEGMENTS))
        if self._under_way.empty():
            return b""
        self._fate.count(Mishap.MERGED)
        return self._under_way.get_nowait().data
