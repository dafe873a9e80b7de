"""What is known of the VKT-5 without asking one."""

from __future__ import annotations

from typing import Final

from metering.calendar import ArchiveKind
from protocols.driver import Choice, DriverInfo, LineDefaults, Verification

PROTOCOL: Final = "vkt5"
MODEL: Final = "teplokom-vkt-5"
MAKER: Final = "Teplokom"
DEPTH: Final = 45
"""Days that the hour and the day archive reach back."""

LINE: Final = LineDefaults(baud=9600, parity="N", timeout=3.0, quiet=0.1)

STAMP: Final = Choice(
    "stamp",
    ("start", "end"),
    "Whether the hour that is written to choose an hour's record is the one at which that hour began, or "
    "ended. The maker's document does not say; compare an hour with the meter's own print-out.",
)
RATES: Final = Choice(
    "rates",
    ("unread", "per_hour"),
    "What M and W of current data are, the maker's document does not say. unread: they are left out; "
    "per_hour: they are the mass flow in t/h and the power in GJ/h.",
)
OPERATING_TIME: Final = Choice(
    "operating_time",
    ("unread", "h", "min"),
    "The unit of the normal operating time, which the maker's document does not give. unread: left out.",
)
SERIAL: Final = Choice(
    "serial",
    ("requisites", "address"),
    "The protocol has no factory number. requisites: organisation code and device number, like 12345-7; "
    "address: the network address.",
)

INFO: Final = DriverInfo(
    model=MODEL,
    protocol=PROTOCOL,
    maker=MAKER,
    title="Teplokom VKT-5",
    manual="Teplokom, protocol between the heat calculator VKT-5 and an upper-level system",
    verification=Verification.NOT_ON_HARDWARE,
    line=LINE,
    depths={ArchiveKind.HOUR: 24 * DEPTH, ArchiveKind.DAY: DEPTH},
    choices=(STAMP, RATES, OPERATING_TIME, SERIAL),
    notes=(
        "The meter sends SI units whatever its display shows: GJ, t, °C, MPa.",
        "W is energy_total, W without hot water energy_heating, W of hot water energy_hot_water.",
        "Not read: the mass of a heat input, pipes of hot water and of electricity, additional temperatures, "
        "the totals archive, whose moment is not explained, regulators. There is no month archive.",
        "UNCONFIRMED: the serial number by organisation code and device number is a convention.",
        "UNCONFIRMED: the clock is taken as year, month, day, hour and minute, as other dates of this meter; "
        "an answer of another length is taken as no clock.",
        "UNCONFIRMED: the pipes of a heat input come in the order of their numbers.",
        "UNCONFIRMED: the answer to a written archive date is that of Modbus; a day is chosen with hour 0.",
        "UNCONFIRMED: the low byte of the address of durations is the heat input's number; a meter that "
        "refuses it has no conditions in its records.",
    ),
)
