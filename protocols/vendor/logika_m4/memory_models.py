"""The older models: where their memory holds what (logika-m4.md section 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from metering.calendar import ArchiveKind
from protocols.driver import Choice, DriverInfo, LineDefaults, Stamp, Verification
from protocols.vendor.logika_m4 import conditions
from protocols.vendor.logika_m4.conditions import Meanings
from protocols.vendor.logika_m4.session import Signature
from protocols.vendor.logika_m4.settings import SETTLEMENT_DAY, SETTLEMENT_HOUR, UNITS

CLOCK_ADDRESS: Final = 0xF3
SETTINGS_ADDRESS: Final = 0x0200
SETTING_SIZE: Final = 16
SETTING_TEXT: Final = slice(4, 12)
"""Where a setting's text stands within its 16 bytes."""

HEAD_SIZE: Final = 4
"""Three bytes of abnormal situations and one of the scheme stand before floats, in RAM and in a record."""
FLAGS_SIZE: Final = 3

FIND_RECORD: Final[Mapping[ArchiveKind, int]] = {
    ArchiveKind.HOUR: 0x48,
    ArchiveKind.DAY: 0x59,
    ArchiveKind.MONTH: 0x4D,
}

DAY_LABEL: Final = "day_label"
LABEL_IS_END, LABEL_IS_OWN_DAY = "end", "own"
LABELS: Final = Choice(
    DAY_LABEL,
    (LABEL_IS_END, LABEL_IS_OWN_DAY),
    "Which date a day's or month's record is found by: the day on which it ends (as the reference says of "
    "all records), or its own (as one wire log of a meter with an unknown settlement hour suggests). "
    "Compare one day's record with the sum of its hours.",
)

FLAGS_ORDER: Final = "flags_order"
FLAGS_LOW_FIRST, FLAGS_HIGH_FIRST = "low_first", "high_first"
ORDERS: Final = Choice(
    FLAGS_ORDER,
    (FLAGS_LOW_FIRST, FLAGS_HIGH_FIRST),
    "Which of a record's three bytes of abnormal situations holds numbers 0 to 7: the first (as a driver in "
    "the field reads them, and as they lie in RAM) or the third (as the maker's table lists them).",
)


@dataclass(frozen=True, slots=True)
class InputMemory:
    """One heat input. `channel` selects it in a session request; `flags` are its bytes of the situations.

    `scheme` and `totals` are addresses of FLASH, `current` and `increments` of RAM.
    """

    circuit: int
    channel: int
    flags: slice
    scheme: int
    current: int
    totals: int
    increments: int


@dataclass(frozen=True, slots=True)
class MemoryModel:
    """One model. `current`, `totals` and `record` are the symbols of what stands there one behind the other.

    `flags` is the address and the size of the current situations, of which the first byte is common.
    """

    info: DriverInfo
    signature: Signature
    settings: Mapping[str, int]
    identifier: int
    flags: tuple[int, int]
    inputs: tuple[InputMemory, ...]
    current: tuple[str, ...]
    totals: tuple[str, ...]
    record: tuple[str, ...]
    record_size: int
    meanings: Meanings


def _info(model: str, title: str, manual: str, verification: Verification) -> DriverInfo:
    return DriverInfo(
        model=model,
        protocol="logika-m4",
        maker="Logika",
        title=title,
        manual=manual,
        verification=verification,
        line=LineDefaults(baud=2400, parity="N", timeout=2.5),
        depths={ArchiveKind.HOUR: 1080, ArchiveKind.DAY: 365, ArchiveKind.MONTH: 100},
        stamp=Stamp.SLOT_END,
        largest_request=32,
        default_address="255",
        choices=(LABELS, ORDERS),
        notes=(
            "The serial number is the identifier (ИД) of the settings: the memory holds no factory number.",
            "Days and months are read where the meter closes them at midnight and on the first: with "
            "another settlement hour (ЧР) or day (СР) no calendar slot has such a record: hours are read.",
            "Records carry no date of their own: that one is the record asked for is the device's word.",
            "UNCONFIRMED: the date by which days and months are found; see the choice day_label.",
            "UNCONFIRMED: the order of the bytes of abnormal situations in records; see flags_order.",
            "Not read: password mode (RC5, refused as access denied), logs of changes and situations.",
        ),
    )


def _symbols(written: str) -> tuple[str, ...]:
    return tuple(written.split())


def _address(setting: int) -> int:
    return SETTINGS_ADDRESS + SETTING_SIZE * setting


SPT943: Final = MemoryModel(
    info=_info(
        "logika-spt943",
        "Logika SPT943 before rev. 3",
        "SPT943: communication with external devices (prot943_02-1)",
        Verification.WIRE_LOG,
    ),
    signature=Signature(b"\x54\x2b", range(0x00, 0x0A)),
    settings={UNITS: _address(0), SETTLEMENT_DAY: _address(3), SETTLEMENT_HOUR: _address(4)},
    identifier=_address(7),
    inputs=(
        InputMemory(1, 1, slice(1, 3), _address(50), 0x0200, 0x424A, 0x0520),
        InputMemory(2, 2, slice(3, 5), _address(100), 0x0230, 0x677B, 0x0568),
    ),
    flags=(0xBB, 5),
    current=_symbols("G1 G2 G3 P1 P2 t1 t2 dt t3 tx ta"),
    totals=_symbols("V1 V2 V3 M1 M2 M3 Q Ti Qg"),
    record=_symbols("P1 P2 t1 t2 t3 tx ta V1 V2 V3 M1 M2 M3 Q Ti Qg"),
    record_size=68,
    meanings=conditions.SPT943_OLD,
)
SPT941_10: Final = MemoryModel(
    info=_info(
        "logika-spt941-10",
        "Logika SPT941.10/11",
        "SPT941.10/11: communication with external devices (prot941_10-11)",
        Verification.NOT_ON_HARDWARE,
    ),
    signature=Signature(b"\x92\x29", range(0x00, 0x80)),
    settings={UNITS: _address(0), SETTLEMENT_DAY: _address(4), SETTLEMENT_HOUR: _address(5)},
    identifier=_address(36),
    inputs=(InputMemory(1, 0, slice(1, 3), _address(1), 0x0200, 0x424A, 0x0520),),
    flags=(0x0200, 3),
    current=_symbols("G1 G2 G3 t1 t2 dt"),
    totals=_symbols("V1 V2 V3 M1 M2 M3 Q Ti"),
    record=_symbols("t1 t2 V1 V2 V3 M1 M2 M3 Q Ti"),
    record_size=64,
    meanings=conditions.SPT941_10,
)

MODELS: Final[Mapping[str, MemoryModel]] = {model.info.model: model for model in (SPT943, SPT941_10)}
