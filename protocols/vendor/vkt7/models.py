"""What is known of the VKT-7 without asking one. Firmware and server version are read, not chosen."""

from __future__ import annotations

from typing import Final

from metering.calendar import ArchiveKind
from protocols.driver import Choice, DriverInfo, LineDefaults, Verification
from protocols.vendor.vkt7.frames import LARGEST

PROTOCOL: Final = "vkt7"
MODEL: Final = "teplokom-vkt-7"
MAKER: Final = "Teplokom"

LINE: Final = LineDefaults(baud=9600, parity="N", timeout=5.0, quiet=0.1, stop=2)

ABNORMAL: Final = Choice(
    "abnormal",
    ("absent", "kept"),
    "Whether a value that the meter marks as taken in an abnormal situation (quality 50) is a number. The "
    "maker's document does not say. absent: it is reported as absent; kept: as the number that was sent. "
    "Its condition is reported either way.",
)
PIPE_3: Final = Choice(
    "pipe_3",
    ("unread", "make_up"),
    "What the third pipe of a heat input carries depends on the meter's settings, whose codes no source "
    "explains. unread: t3, V3, M3 and G3 are left out; make_up: they are those of the make-up pipe.",
)

INFO: Final = DriverInfo(
    model=MODEL,
    protocol=PROTOCOL,
    maker=MAKER,
    title="Teplokom VKT-7, firmware 1.5 and later",
    manual="Teplokom, description of the exchange protocol of the heat calculator VKT-7",
    verification=Verification.WIRE_LOG,
    line=LINE,
    depths={
        ArchiveKind.HOUR: 1152,
        ArchiveKind.DAY: 128,
        ArchiveKind.MONTH: 32,
        ArchiveKind.TOTAL: 32,
    },
    totals_every=ArchiveKind.MONTH,
    largest_request=LARGEST,
    default_address="0",
    choices=(ABNORMAL, PIPE_3),
    notes=(
        "The serial number is the subscriber identifier, in which installers usually enter the factory "
        "number; the protocol has no request for the factory number itself.",
        "Qo, all heat of a heat input, is energy_heating; Qg, the hot water's part of it, is "
        "energy_hot_water: never add the two.",
        "Current totals stand as at the end of the last full hour.",
        "Month records cover report months. Where the report day is not the month's last, calendar months "
        "are gaps, and the records of the report months are delivered under their own dates.",
        "Clocks before firmware 2.7 show whole hours and are not compared.",
        "Not read: Mg, the additional input DI, P3; the extended RS-485 addressing is not spoken.",
        "UNCONFIRMED: the depth of the month and total archives, 32 months.",
        "UNCONFIRMED: 32-bit integers are taken as signed.",
        "UNCONFIRMED: the codes of abnormal situations are reported by number, as their table is missing.",
    ),
)
