"""The radio side of a modem: whether the network serves it, and how well it hears its cell."""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import IntEnum

from simulators.gsm.cell import Cell
from simulators.gsm.sim_card import SimCard


class Stat(IntEnum):
    """The stat of +CREG (3GPP 27.007, 7.2)."""

    IDLE = 0
    HOME = 1
    SEARCHING = 2
    DENIED = 3
    ROAMING = 5
    EMERGENCY_ONLY = 8


class Radio:
    """`takes` says how long a search lasts, in seconds; `granted` is what a search ends with."""

    def __init__(
        self, cell: Cell, sim: SimCard, clock: Callable[[], float], takes: Callable[[], float]
    ) -> None:
        self.cell = cell
        self.sim = sim
        self.functionality = 1
        self.granted = Stat.ROAMING if cell.roaming else Stat.HOME
        self.found_at = -math.inf
        self._clock = clock
        self._takes = takes

    @property
    def stat(self) -> Stat:
        """Where the registration stands now."""
        if self.functionality != 1 or self.sim.refusal is not None:
            return Stat.IDLE
        return Stat.SEARCHING if self.level is None else self.granted

    @property
    def served(self) -> bool:
        """Whether calls are possible."""
        return self.stat in (Stat.HOME, Stat.ROAMING)

    @property
    def level(self) -> float | None:
        """Received power in dBm; None while there is no cell to hear."""
        now = self._clock()
        if self.functionality != 1 or now < self.found_at:
            return None
        return self.cell.level(now)

    def search(self) -> None:
        """Looks for the network anew; it is found at `found_at`."""
        self.found_at = self._clock() + self._takes()

    def switch(self, functionality: int) -> None:
        """Full functionality (1) searches; anything else is without radio."""
        if functionality == 1 != self.functionality:
            self.search()
        self.functionality = functionality
