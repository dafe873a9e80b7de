"""What dialling needs of storage: who may use which modem, and where calls and levels are written down.

`storage.modems.Modems`, `storage.calls.Calls` and `storage.signals.Signals` fit, and `fake.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from metering.calls import Call
from metering.modems import ModemIdentity
from metering.signals import SignalLevel
from storage.modem_rows import LeasedModem, RestingModem


class ModemBook(Protocol):
    """Lends modems. At any instant a modem has one holder at most, over all collectors."""

    async def time(self) -> datetime:
        """By the clock with which all collectors measure leases and rests."""
        ...

    async def lease(self, pool: str, collector: str, now: datetime, until: datetime) -> LeasedModem | None:
        """One that is neither lent nor resting, the longest unused; None when there is none."""
        ...

    async def renew(self, modem_id: int, collector: str, until: datetime) -> bool:
        """False when it is no longer this collector's."""
        ...

    async def release(
        self,
        modem_id: int,
        collector: str,
        *,
        rest_until: datetime | None = None,
        failures: int = 0,
        fault: str = "",
        identity: ModemIdentity | None = None,
        last_contact_at: datetime | None = None,
        pin_refused: bool = False,
    ) -> None:
        """Gives it back; does nothing when it is another's by now.

        A PIN that was refused is never lent again.
        """
        ...

    async def resting(self, pool: str) -> Sequence[RestingModem]:
        """Those that rest after failures."""
        ...


class CallBook(Protocol):
    """Where calls are written down."""

    async def save(self, call: Call) -> None: ...


class SignalBook(Protocol):
    """Where signal levels are written down."""

    async def add(self, modem_id: int, levels: Sequence[SignalLevel]) -> None: ...


@dataclass(frozen=True, slots=True)
class PoolBook:
    """The three together."""

    modems: ModemBook
    calls: CallBook
    signals: SignalBook
