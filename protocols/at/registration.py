"""Whether a network serves the modem (3GPP 27.007, +CREG, +CGREG, +CEREG)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import ceil
from typing import Final

from metering.calls import CallResult
from metering.errors import CallFailed
from metering.signals import RadioTechnology, Registration
from protocols.at.dialogue import SLOW, accepted, asked, told
from protocols.at.refusals import ADVICE, refusal
from protocols.at.result_codes import INFORMATION, Code
from protocols.conversation import Conversation, Pause
from protocols.signal_codes import registration_of, technology_of

BETWEEN_LOOKS: Final = 2.0
"""Seconds from one look at the registration to the next."""

SERVICES: Final = ("CREG", "CGREG", "CEREG")
"""Circuits, which calls need; then packets, for modems on networks without circuits."""

_PLACE: Final = re.compile(
    r"\+C(?:|G|E)REG: *\d, *(?P<stat>\d{1,2})"
    r'(?:, *"?(?P<area>[0-9A-F]{1,8})"?, *"?(?P<cell>[0-9A-F]{1,8})"?(?:, *(?P<act>\d{1,2}))?.*)?',
    re.IGNORECASE,
)
"""The answer to a question begins with n; a line that nobody asked for has no n."""


@dataclass(frozen=True, slots=True)
class Served:
    """What the modem says of its registration; `cell` as area/cell in the modem's own digits."""

    registration: Registration = Registration.UNKNOWN
    cell: str = ""
    technology: RadioTechnology | None = None


def registration() -> Conversation[Registration]:
    """AT+CREG?: the registration for calls. CallFailed when the modem refuses to say."""
    reply = yield from asked("AT+CREG?", SLOW, INFORMATION)
    if reply.code is not Code.OK:
        raise refusal("AT+CREG?", reply)
    return _read(reply.lines).registration


def await_registration(longest: float) -> Conversation[Registration]:
    """Looks until home or roaming serves, for `longest` seconds. CallFailed NOT_REGISTERED."""
    state = yield from registration()
    for _ in range(ceil(longest / BETWEEN_LOOKS)):
        if state.served:
            return state
        yield Pause(BETWEEN_LOOKS)
        state = yield from registration()
    if state.served:
        return state
    raise CallFailed(
        f"No network took the modem in {longest:g} s; it says: {state.value.replace('_', ' ')}. "
        f"{ADVICE[CallResult.NOT_REGISTERED]}",
        CallResult.NOT_REGISTERED,
        state.value,
    )


def served() -> Conversation[Served]:
    """The registration with its cell: for calls, and where none serves them, for packets."""
    first: Served | None = None
    for service in SERVICES:
        place = yield from _place(service)
        if place.registration.served:
            return place
        first = first or place
    return first or Served()


def _place(service: str) -> Conversation[Served]:
    """n=2 makes the modem name the cell; n=0 again, so that no such line comes into a call's data."""
    yield from accepted(f"AT+{service}=2", SLOW)
    place = _read((yield from told(f"AT+{service}?", SLOW)))
    yield from accepted(f"AT+{service}=0", SLOW)
    return place


def _read(lines: tuple[str, ...]) -> Served:
    places = [match for line in lines if (match := _PLACE.fullmatch(line))]
    if not places:
        return Served()
    said = places[-1]
    cell = f"{said['area']}/{said['cell']}".upper() if said["cell"] else ""
    technology = technology_of(int(said["act"])) if said["act"] else None
    return Served(registration_of(int(said["stat"])), cell, technology)
