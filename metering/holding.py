"""When what a poll brought is not stored but kept apart, until an engineer has looked at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from metering.meters import MeterConfiguration, MeterIdentity
from metering.polls import HoldReason, PollReport
from metering.readings import Flag, Reading

TELLS_NO_SCHEME: Final = frozenset({"firmware", "server_version", "map"})
"""Settings that a driver reads or is given to understand the meter's words; the values mean what they meant.

The map of a Tekon is chosen in the registry, not in the meter.
"""

LIFTED: Final = frozenset({Flag.CLOCK_DRIFT, Flag.WENT_BACK})
"""Doubts that an engineer has looked into who accepts what was held; all others stay."""


def hold_reason(
    *,
    registered_serial: str,
    identity: MeterIdentity | None,
    configuration: MeterConfiguration | None,
    accepted_configuration: MeterConfiguration | None,
    clock_difference: timedelta | None,
    allowed_drift: timedelta,
    went_back: bool,
) -> HoldReason | None:
    """Why everything that this poll brought is to be held; None: it may be stored.

    Of several reasons the first in this order: another meter's registers went back for no reason of their
    own. What the meter did not say is no reason: some models do not tell their number. `went_back`: a
    current register stands below its last valid level; one that ran over does so too.
    """
    reasons = {
        HoldReason.NEW_METER: _is_another(registered_serial, identity),
        HoldReason.SCHEME_CHANGED: any(changed_settings(accepted_configuration, configuration)),
        HoldReason.REGISTER_RESET: went_back,
        HoldReason.CLOCK_WRONG: clock_difference is not None and abs(clock_difference) > allowed_drift,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def changed_settings(
    accepted: MeterConfiguration | None, read: MeterConfiguration | None
) -> Iterator[tuple[str, str, str]]:
    """Name, accepted word and word read now of each setting of the scheme that is another; "": none.

    A setting of a numbered part (a pipe, a heat input) that only one of the two has counts: the part was
    taken into use or out of it. Any other comes from a driver that reads more or less than it did.
    """
    before, now = (each.settings if each else {} for each in (accepted, read))
    if not before or not now:
        return
    for name in sorted(before.keys() | now.keys()):
        told = name in before and name in now
        counts = name not in TELLS_NO_SCHEME and (told or _is_of_a_part(name))
        if counts and before.get(name) != now.get(name):
            yield name, before.get(name, ""), now.get(name, "")


def teaches_configuration(report: PollReport) -> bool:
    """Whether readings are accepted under this report's configuration: it brought some, and they are stored.

    A poll that failed early, or heard two meters at once, tells the settings of nobody or of another one.
    """
    return bool(report.configuration and not report.held and (report.archive or report.snapshots))


def accepted(report: PollReport) -> PollReport:
    """What was held, as it is stored after an engineer has accepted it: without the doubts that held it."""
    return replace(
        report,
        archive=tuple(replace(one, readings=_lifted(one.readings)) for one in report.archive),
        snapshots=tuple(replace(one, readings=_lifted(one.readings)) for one in report.snapshots),
        held=None,
    )


def _lifted(readings: tuple[Reading, ...]) -> tuple[Reading, ...]:
    return tuple(replace(reading, flags=reading.flags - LIFTED) for reading in readings)


def _is_another(registered_serial: str, identity: MeterIdentity | None) -> bool:
    answered = identity.serial if identity else ""
    return bool(registered_serial and answered) and answered != registered_serial


def _is_of_a_part(name: str) -> bool:
    return any(letter.isdigit() for letter in name)
