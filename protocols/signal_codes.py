"""The numbers in which modems report signal and registration (3GPP 27.007, +CSQ, +CESQ, +CREG, +COPS).

Ninety-nine and 255 mean "not known", and so does every number outside its table: it is absent from the
report, and `raw` keeps it. A +CSQ above 31 is vendor specific (some makes report TD-SCDMA or LTE from 100
on, each by its own rule), therefore absent too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from metering.signals import RadioTechnology, Registration, SignalReport


@dataclass(frozen=True, slots=True)
class Scale:
    """Codes 0 to `last` are evenly spaced bins of `width`; the bin of code 0 begins at `first`."""

    first: Decimal
    width: Decimal
    last: int

    def value(self, code: int) -> Decimal | None:
        """The lower bound of the code's bin, in dBm or dB."""
        return self.first + self.width * code if 0 <= code <= self.last else None


RSSI: Final = Scale(Decimal(-113), Decimal(2), 31)
"""+CSQ; code 0 is this value or less, 31 is -51 dBm or more."""
RXLEV: Final = Scale(Decimal(-111), Decimal(1), 63)
RSCP: Final = Scale(Decimal(-121), Decimal(1), 96)
RSRQ: Final = Scale(Decimal(-20), Decimal("0.5"), 34)
RSRP: Final = Scale(Decimal(-141), Decimal(1), 97)
WORST_BIT_ERRORS: Final = 7

REGISTRATIONS: Final[Mapping[int, Registration]] = {
    0: Registration.NOT_REGISTERED,
    1: Registration.HOME,
    2: Registration.SEARCHING,
    3: Registration.DENIED,
    4: Registration.UNKNOWN,
    5: Registration.ROAMING,
    6: Registration.SMS_ONLY,
    7: Registration.SMS_ONLY,
    8: Registration.EMERGENCY_ONLY,
    9: Registration.HOME,
    10: Registration.ROAMING,
}
"""`stat` of +CREG; 9 and 10 are home and roaming where the network prefers no fallback to circuits."""

TECHNOLOGIES: Final[Mapping[int, RadioTechnology]] = {
    0: RadioTechnology.GSM,
    1: RadioTechnology.GSM,
    2: RadioTechnology.UMTS,
    3: RadioTechnology.GSM,
    4: RadioTechnology.UMTS,
    5: RadioTechnology.UMTS,
    6: RadioTechnology.UMTS,
    7: RadioTechnology.LTE,
    8: RadioTechnology.GSM,
    9: RadioTechnology.NB_IOT,
    10: RadioTechnology.LTE,
    11: RadioTechnology.NR,
    12: RadioTechnology.NR,
    13: RadioTechnology.NR,
}
"""`AcT` of +COPS and +CREG."""


def registration_of(stat: int) -> Registration:
    """UNKNOWN for a number outside the table."""
    return REGISTRATIONS.get(stat, Registration.UNKNOWN)


def technology_of(act: int) -> RadioTechnology | None:
    """None for a number outside the table."""
    return TECHNOLOGIES.get(act)


def from_csq(rssi: int, ber: int) -> SignalReport:
    """The report of `+CSQ: rssi,ber`."""
    return SignalReport(raw=f"CSQ {rssi},{ber}", level=RSSI.value(rssi), bit_errors=_bit_errors(ber))


def from_cesq(rxlev: int, ber: int, rscp: int, ecno: int, rsrq: int, rsrp: int) -> SignalReport:
    """The report of `+CESQ`. `level` is GSM's RXLEV or UMTS's RSCP; LTE has none here, but RSRP and RSRQ."""
    gsm, umts, lte = RXLEV.value(rxlev), RSCP.value(rscp), RSRP.value(rsrp)
    return SignalReport(
        raw=f"CESQ {rxlev},{ber},{rscp},{ecno},{rsrq},{rsrp}",
        level=gsm if gsm is not None else umts,
        bit_errors=_bit_errors(ber),
        reference_power=lte,
        reference_quality=RSRQ.value(rsrq),
        technology=_measured(gsm, umts, lte),
    )


def _measured(gsm: Decimal | None, umts: Decimal | None, lte: Decimal | None) -> RadioTechnology | None:
    """A modem fills in only the fields of the cell that serves it."""
    if gsm is not None:
        return RadioTechnology.GSM
    if umts is not None:
        return RadioTechnology.UMTS
    return RadioTechnology.LTE if lte is not None else None


def _bit_errors(ber: int) -> int | None:
    return ber if 0 <= ber <= WORST_BIT_ERRORS else None
