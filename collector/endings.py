"""How a poll ended: the word for each error, and for each reason to keep apart what was read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from metering.errors import (
    AccessDenied,
    CalledOff,
    CallFailed,
    ConfigurationChanged,
    ConfigurationError,
    DecodeError,
    GatewayWedged,
    LineError,
    LineLost,
    MeterBusy,
    MeterError,
    ModemAway,
    NoResponse,
    StorageUnavailable,
    TeploError,
    WrongMeter,
)
from metering.polls import HoldReason, Outcome, PollReport
from metering.readings import GapReason

OUTCOMES: tuple[tuple[type[TeploError], Outcome], ...] = (
    (ModemAway, Outcome.MODEM_AWAY),
    (GatewayWedged, Outcome.GATEWAY_WEDGED),
    (LineLost, Outcome.LINE_LOST),
    (LineError, Outcome.NO_LINK),
    (NoResponse, Outcome.METER_SILENT),
    (CalledOff, Outcome.CANCELLED),
    (StorageUnavailable, Outcome.STORAGE_AWAY),
    (WrongMeter, Outcome.WRONG_METER),
    (MeterBusy, Outcome.METER_BUSY),
    (AccessDenied, Outcome.ACCESS_DENIED),
    (ConfigurationChanged, Outcome.CONFIGURATION_CHANGED),
    (MeterError, Outcome.REFUSED),
    (DecodeError, Outcome.NOT_UNDERSTOOD),
    (ConfigurationError, Outcome.WRONG_SETTINGS),
    (TeploError, Outcome.TRANSFER_ERRORS),
)


HELD: Final[Mapping[HoldReason, Outcome]] = {
    HoldReason.NEW_METER: Outcome.WRONG_METER,
    HoldReason.SCHEME_CHANGED: Outcome.CONFIGURATION_CHANGED,
    HoldReason.CLOCK_WRONG: Outcome.CLOCK_WRONG,
    HoldReason.REGISTER_RESET: Outcome.REGISTER_RESET,
}
"""How a poll ended whose readings wait in quarantine."""

HELD_BECAUSE: Final[Mapping[HoldReason, str]] = {
    HoldReason.SCHEME_CHANGED: "The meter's settings are not those under which its readings were accepted. "
    "What it said waits in quarantine: compare the settings, then accept or reject it.",
    HoldReason.CLOCK_WRONG: "The meter's clock is further off than allowed. What it said waits in "
    "quarantine: set the clock, then accept what is stamped rightly or reject it.",
    HoldReason.REGISTER_RESET: "A register stands lower than before. What the meter said waits in "
    "quarantine: likely it was reset, repaired or replaced; accept or reject it.",
}

ABSENT: Final = frozenset({GapReason.NO_RECORD, GapReason.OUT_OF_DEPTH})
"""Why an archive that was asked for is not there."""


def outcome_of(error: TeploError) -> Outcome:
    """The word for a poll that ended with this error; a call's own word, else the first matching row's."""
    if isinstance(error, CallFailed):
        return Outcome(error.result.value)
    return next(outcome for kind, outcome in OUTCOMES if isinstance(error, kind))


def without_readings(report: PollReport, error: TeploError) -> PollReport:
    """The poll itself, ended by this error: what it brought is left out whole, whose wish it was is not."""
    return PollReport(
        id=report.id,
        meter_id=report.meter_id,
        collector=report.collector,
        started_at=report.started_at,
        finished_at=report.finished_at,
        outcome=Outcome.NOT_UNDERSTOOD,
        message=str(error),
        request_id=report.request_id,
    )
