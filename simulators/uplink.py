"""The network between the head-end and the lines of a fleet: some calls fail, and it may be down."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Final

from simulators.lines import Caller, Connection, FarEnd

FAILED: Final = "failed"
REFUSED: Final = "refused"
CUT: Final = "cut"


class Uplink:
    """Stands before far ends. `counts` says what befell.

    `failing`: the share of calls that come to nothing; `cutting`: of questions at which the call is cut.
    """

    def __init__(self, random: Random, failing: float = 0.0, cutting: float = 0.0) -> None:
        self.failing = failing
        self.cutting = cutting
        self.counts: Counter[str] = Counter()
        self._random = random
        self._down = False
        self._open: dict[_Call, Caller] = {}

    @property
    def down(self) -> bool:
        """Whether nothing passes at all."""
        return self._down

    def go_down(self) -> None:
        """Every call is cut, and none is put through until it comes back."""
        self._down = True
        for call, caller in list(self._open.items()):
            self.counts[CUT] += 1
            self.forget(call)
            caller.cut()

    def come_back(self) -> None:
        """Calls pass again."""
        self._down = False

    def before(self, far_end: FarEnd) -> FarEnd:
        """This far end, as it is reached through the network."""
        return _Reached(self, far_end)

    def admits(self) -> bool:
        """Whether the next call is put through."""
        if self._down:
            self.counts[REFUSED] += 1
            return False
        if self._random.random() < self.failing:
            self.counts[FAILED] += 1
            return False
        return True

    def cuts(self) -> bool:
        """Whether the call is cut at this question."""
        cut = self._random.random() < self.cutting
        self.counts[CUT] += cut
        return cut

    def remember(self, call: _Call, caller: Caller) -> None:
        self._open[call] = caller

    def forget(self, call: _Call) -> None:
        self._open.pop(call, None)


class _Reached:
    def __init__(self, uplink: Uplink, far_end: FarEnd) -> None:
        self._uplink = uplink
        self._far_end = far_end

    def connect(self, caller: Caller) -> Connection:
        if not self._uplink.admits():
            caller.cut()
            return _Nobody()
        return _Call(self._uplink, self._far_end.connect(caller), caller)


class _Call:
    def __init__(self, uplink: Uplink, inner: Connection, caller: Caller) -> None:
        self._uplink = uplink
        self._inner = inner
        self._caller = caller
        uplink.remember(self, caller)

    async def hear(self, data: bytes) -> None:
        if self._uplink.down:
            return
        if self._uplink.cuts():
            self._uplink.forget(self)
            self._caller.cut()
            return
        await self._inner.hear(data)

    async def close(self) -> None:
        self._uplink.forget(self)
        await self._inner.close()


class _Nobody:
    """The far end of a call that was not put through."""

    async def hear(self, data: bytes) -> None:
        return

    async def close(self) -> None:
        return
