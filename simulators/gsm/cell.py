"""A radio cell as one modem hears it: a level that fades, outages, and what modems make of the level.

The level at a moment is a function of the cell's seed and the time alone. At every moment it is exactly
normally distributed and the share of outages is exact, so the truth about a survey needs no simulation.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from metering.signals import RadioTechnology

UNKNOWN: Final = 99
UNKNOWN_WIDE: Final = 255
"""What +CESQ says for unknown in its four last fields."""

_REFERENCE_BELOW: Final = 27.8
"""RSRP is so far below the power of a fully loaded LTE carrier of 600 subcarriers, in dB."""
_REFERENCE_QUALITY: Final = -10.8
"""RSRQ of that carrier: 10 lg 50 dB above the difference."""
_CHIP_QUALITY: Final = -7.0
"""Ec/No of an undisturbed UMTS pilot, in dB."""


@dataclass(frozen=True, slots=True)
class CellTruth:
    """What an endless survey of the cell finds: `mean` in dBm, `sigma` in dB, `outage` of the time."""

    mean: float
    sigma: float
    outage: float

    def quantile(self, share: float) -> float:
        """The level in dBm that this share of all heard samples stays below."""
        return self.mean + self.sigma * NormalDist().inv_cdf(share)


@dataclass(frozen=True, slots=True)
class Cell:
    """`mean` in dBm, `fading` its standard deviation in dB; the times are in seconds.

    Levels further apart than twice `coherence` are independent; outages last multiples of `outage_length`.
    """

    seed: int = 0
    mean: float = -71.0
    fading: float = 3.0
    coherence: float = 1.0
    outage: float = 0.0
    outage_length: float = 3.0
    technology: RadioTechnology = RadioTechnology.GSM
    operator: str = "Steppe Mobile"
    area: str = "01A7"
    identity: str = "2C3F"
    roaming: bool = False

    @property
    def truth(self) -> CellTruth:
        return CellTruth(self.mean, self.fading, self.outage)

    def level(self, at: float) -> float | None:
        """Received power in dBm; None during an outage."""
        if self._chance("outage", math.floor(at / self.outage_length)) < self.outage:
            return None
        step, between = divmod(at / self.coherence, 1.0)
        turn = between * math.pi / 2
        before, after = self._deviate(math.floor(step)), self._deviate(math.floor(step) + 1)
        return self.mean + self.fading * (before * math.cos(turn) + after * math.sin(turn))

    def _deviate(self, step: int) -> float:
        return NormalDist().inv_cdf(self._chance("fading", step))

    def _chance(self, what: str, step: int) -> float:
        """Between 0 and 1, neither of them; always the same for the same cell and step."""
        digest = hashlib.blake2b(f"{self.seed} {what} {step}".encode(), digest_size=6).digest()
        return (int.from_bytes(digest) + 0.5) / 2**48


def csq(level: float | None) -> int:
    """The rssi of +CSQ (3GPP 27.007, 8.5): two dB a step from -113 dBm; the nearest."""
    return UNKNOWN if level is None else _within(round((level + 113) / 2), 31)


def bit_errors(level: float | None) -> int:
    """The class of +CSQ in a call: clean above -85 dBm, one class worse for every 3 dB below."""
    return UNKNOWN if level is None else _within(math.ceil((-85 - level) / 3), 7)


def cesq(level: float | None, technology: RadioTechnology) -> tuple[int, int, int, int, int, int]:
    """rxlev, ber, rscp, ecno, rsrq, rsrp of +CESQ (3GPP 27.007, 8.69); one technology's fields are known."""
    gsm, umts, lte = (UNKNOWN,), (UNKNOWN_WIDE, UNKNOWN_WIDE), (UNKNOWN_WIDE, UNKNOWN_WIDE)
    if level is not None and technology is RadioTechnology.GSM:
        gsm = (_within(math.floor(level + 111), 63),)
    elif level is not None and technology is RadioTechnology.UMTS:
        umts = (_within(math.floor(level + 121), 96), math.floor((_CHIP_QUALITY + 24.5) * 2))
    elif level is not None:
        power = math.floor(level - _REFERENCE_BELOW + 141)
        lte = (math.floor((_REFERENCE_QUALITY + 20) * 2), _within(power, 97))
    return (*gsm, UNKNOWN, *umts, *lte)


def _within(value: int, highest: int) -> int:
    return max(0, min(highest, value))
