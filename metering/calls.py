"""A data call through a modem of ours: how it ended, in one word, and what it carried."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from metering.signals import SignalReport


class CallResult(StrEnum):
    """What became of an attempt to call. Every cause has its own word; Outcome has the same ones."""

    CONNECTED = "connected"
    BUSY = "busy"
    NO_CARRIER = "no_carrier"
    NO_ANSWER = "no_answer"
    NO_DIAL_TONE = "no_dial_tone"
    CALL_BARRED = "call_barred"
    SIM_MISSING = "sim_missing"
    SIM_LOCKED = "sim_locked"
    """It wants a PIN that we do not have, another one, or the PUK."""
    NOT_REGISTERED = "not_registered"
    MODEM_SILENT = "modem_silent"
    MODEM_ERROR = "modem_error"
    """The modem refused a command for another reason."""
    NO_FREE_MODEM = "no_free_modem"
    """Every modem of the pool is in a call, resting after failures, or the pool has none."""


OUR_MODEMS_FAULT: Final = frozenset(
    {
        CallResult.NO_DIAL_TONE,
        CallResult.SIM_MISSING,
        CallResult.SIM_LOCKED,
        CallResult.NOT_REGISTERED,
        CallResult.MODEM_SILENT,
        CallResult.MODEM_ERROR,
    }
)
"""Another modem of the pool may succeed at once; this one should rest."""


class HungUpBy(StrEnum):
    """Who ended a call that was connected."""

    US = "us"
    REMOTE = "remote"


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt. `modem_id` is our modem; `sent` and `received` count bytes after CONNECT.

    `signal` is what our modem said just before dialling; `cause` the network's or modem's own words.
    """

    id: UUID
    modem_id: int
    number: str
    collector: str
    started_at: datetime
    ended_at: datetime
    result: CallResult
    connected_at: datetime | None = None
    hung_up_by: HungUpBy | None = None
    cause: str = ""
    sent: int = 0
    received: int = 0
    signal: SignalReport | None = None
