"""How well a modem hears its network, in one set of words for every make and technology."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class RadioTechnology(StrEnum):
    """What the modem talks over."""

    GSM = "gsm"
    UMTS = "umts"
    LTE = "lte"
    NB_IOT = "nb_iot"
    NR = "nr"


class Registration(StrEnum):
    """Whether a network serves the modem."""

    HOME = "home"
    ROAMING = "roaming"
    SEARCHING = "searching"
    DENIED = "denied"
    NOT_REGISTERED = "not_registered"
    EMERGENCY_ONLY = "emergency_only"
    SMS_ONLY = "sms_only"
    UNKNOWN = "unknown"

    @property
    def served(self) -> bool:
        """Whether calls and data are possible; roaming is as good as home."""
        return self in (Registration.HOME, Registration.ROAMING)


class SignalSource(StrEnum):
    """On which occasion a level was learned."""

    CALL = "call"
    """Our own modem, before it dialled."""
    HELLO = "hello"
    """The modem said it when it connected to us."""
    REPORT = "report"
    """The gateway answered a question of ours."""
    SURVEY = "survey"


@dataclass(frozen=True, slots=True)
class SignalReport:
    """What a modem says of its signal. None and "" are what it did not say or does not know.

    `level`: received power in dBm. `raw`: the modem's own words, e.g. `CSQ 14,99`, never shown without the
    level. `reference_power` (RSRP) in dBm and `reference_quality` (RSRQ) in dB are LTE's.
    `bit_errors`: the class 0 to 7 of 3GPP 27.007, +CSQ.
    """

    raw: str
    level: Decimal | None = None
    bit_errors: int | None = None
    reference_power: Decimal | None = None
    reference_quality: Decimal | None = None
    technology: RadioTechnology | None = None
    registration: Registration | None = None
    operator: str = ""
    cell: str = ""


@dataclass(frozen=True, slots=True)
class SignalLevel:
    """One entry of a modem's series."""

    at: datetime
    source: SignalSource
    report: SignalReport
