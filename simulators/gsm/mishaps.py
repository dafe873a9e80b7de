"""What befalls calls and modems by chance, and how often; mixes are named as those of the lines."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from metering.errors import ConfigurationError


class Mishap(StrEnum):
    """One word each; shares are of what the text names."""

    BUSY = "busy"
    """Of the calls: somebody else has the line."""
    REFUSED = "refused"
    """Of the calls: the network refuses at once."""
    UNREACHABLE = "unreachable"
    """Of the calls: the network searches and gives up."""
    NO_ANSWER = "no_answer"
    """Of the calls: it rings and nobody answers."""
    BARRED = "barred"
    """Of the calls: the network says that the operator barred it."""
    MUTE = "mute"
    """Of the calls: connected, but not a byte passes."""
    CUT = "cut"
    """Of the calls: it breaks in the middle of an answer."""
    LOST_BYTE = "lost_byte"
    """Of the bytes in calls."""
    LOST_REGISTRATION = "lost_registration"
    """Of the calls that ended: the modem searches its network anew."""
    STUCK = "stuck"
    """Of the calls that ended: the modem needs a reset."""
    RING = "ring"
    """Of the commands: somebody calls our modem just then."""
    LOST_CHARACTER = "lost_character"
    """Of the openings of a modem's port: the first character is lost to finding the baud rate."""


Mix = Mapping[Mishap, float]

OF_CALLS: Final = (
    Mishap.BUSY,
    Mishap.REFUSED,
    Mishap.UNREACHABLE,
    Mishap.NO_ANSWER,
    Mishap.BARRED,
    Mishap.MUTE,
    Mishap.CUT,
)
"""At most one of these befalls a call."""

FIELD: Final[Mix] = {
    Mishap.BUSY: 0.03,
    Mishap.REFUSED: 0.02,
    Mishap.UNREACHABLE: 0.02,
    Mishap.NO_ANSWER: 0.02,
    Mishap.BARRED: 0.002,
    Mishap.MUTE: 0.01,
    Mishap.CUT: 0.02,
    Mishap.LOST_BYTE: 0.00002,
    Mishap.LOST_REGISTRATION: 0.01,
    Mishap.STUCK: 0.005,
    Mishap.RING: 0.005,
    Mishap.LOST_CHARACTER: 0.05,
}
MIXES: Final[Mapping[str, Mix]] = {
    "none": {},
    "field": FIELD,
    "hostile": {mishap: 4 * share for mishap, share in FIELD.items()},
}


def mix(name: str) -> Mix:
    """The mix of this name; ConfigurationError when there is none."""
    if name not in MIXES:
        raise ConfigurationError(f"Unknown fault mix {name!r}: write one of {', '.join(MIXES)}.")
    return MIXES[name]
