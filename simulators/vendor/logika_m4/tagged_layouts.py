"""What the younger devices send where (logika-m4.md sections 3 to 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from metering.calendar import ArchiveKind
from simulators.vendor.logika_m4.numbers import Units

Place = tuple[int, int]
Symbol = tuple[str, int]
"""What is sent, and of which heat input."""

BITS: Final = frozenset({"NS", "DS"})
FLAGS_SIZES: Final[Mapping[str, int]] = {"logika-spt943-rev3": 3, "logika-spt944": 12, "logika-spt941-20": 7}

RECORDS_KEPT: Final[Mapping[ArchiveKind, int]] = {
    ArchiveKind.HOUR: 2000,
    ArchiveKind.DAY: 400,
    ArchiveKind.MONTH: 100,
    ArchiveKind.TOTAL: 400,
}


@dataclass(frozen=True, slots=True)
class TaggedLayout:
    """One model. `settings` are texts; `current` floats, `totals` MIXED; records by channel.

    `longest`: bytes of an answer. `months_by_month`: the month archive hears year and month alone.
    """

    answer: bytes
    text: str
    units: Units
    settings: Mapping[Place, str]
    checksum: int
    current: Mapping[Place, Symbol]
    totals: Mapping[Place, Symbol]
    times: Mapping[Place, Symbol]
    records: Mapping[int, tuple[Symbol, ...]]
    control: Mapping[int, tuple[Symbol, ...]] = field(default_factory=dict)
    longest: int = 720
    months_by_month: bool = False
    with_stamp: bool = False


def _from(channel: int, number: int, names: str, circuit: int = 1) -> dict[Place, Symbol]:
    return {(channel, number + at): (name, circuit) for at, name in enumerate(names.split())}


def _record(*parts: tuple[str, int]) -> tuple[Symbol, ...]:
    return tuple((name, circuit) for names, circuit in parts for name in names.split())


def _shares(count: int) -> str:
    return "Tcount Tabnormal Tnormal " + " ".join(["CT"] * count)


def _both(*parts: Mapping[Place, Symbol]) -> dict[Place, Symbol]:
    return {place: symbol for part in parts for place, symbol in part.items()}


_VMQ: Final = "V1 V2 V3 M1 M2 M3 Q Qhot"
_OF_943: Final = (
    "scheme P1 P2 t1 t2 dt t3 tx tair V1 V2 V3 M1 M2 M3 Q Qhot Tcount Tlow Thigh Tdt Tpower Tfault Tabnormal "
    "Tnormal NS DS"
)
_HEAD_944: Final = f"scheme tx tair t4 t5 t6 Px P4 P5 P6 Qsum {_shares(20)} NS DS"
_INPUT_944: Final = f"scheme t1 t2 dt t3 treturn P1 P2 P3 {_VMQ}"
_CONTROL_944: Final = f"scheme G1 G2 G3 Gm1 Gm2 Gm3 t1 t2 dt t3 treturn P1 P2 P3 {_VMQ}"
_CURRENT_941: Final = "scheme G1 G2 G3 Gm1 Gm2 Gm3 t1 t2 dt t3 tx t4 P1 P2 P3 Px P4"

TAGGED: Final[Mapping[str, TaggedLayout]] = {
    "logika-spt943-rev3": TaggedLayout(
        answer=bytes.fromhex("542B0B"),
        text="SPT943.1 v2.0.0.3.01",
        units=Units("Gcal", "kgf/cm2"),
        settings={(0, 0): "0", (0, 3): "1", (0, 4): "0"},
        checksum=8259,
        current=_both(
            _from(1, 1024, "scheme G1 G2 G3 P1 P2 t1 t2 dt t3 tx tair NS DS", 1),
            _from(2, 1024, "scheme G1 G2 G3 P1 P2 t1 t2 dt t3 tx tair NS DS", 2),
            _from(0, 1026, "tx tair NS DS"),
        ),
        totals=_both(_from(1, 2048, _VMQ, 1), _from(2, 2048, _VMQ, 2), _from(0, 2048, "Qsum")),
        times=_both(
            _from(1, 2056, "Tcount Tlow Thigh Tdt Tpower Tfault Tabnormal Tnormal", 1),
            _from(2, 2056, "Tcount Tlow Thigh Tdt Tpower Tfault Tabnormal Tnormal", 2),
        ),
        records={1: _record((_OF_943, 1)), 2: _record((_OF_943, 2))},
        months_by_month=True,
    ),
    "logika-spt944": TaggedLayout(
        answer=bytes.fromhex("542C03"),
        text="SPT944 v0123",
        units=Units("GJ", "MPa"),
        settings={(0, 5): "1", (0, 6): "1", (0, 10): "1", (0, 11): "0"},
        checksum=8260,
        current=_both(
            _from(0, 1026, "scheme tx tair t4 t5 t6 Px P4 P5 P6 NS DS"),
            _from(1, 1024, "scheme G1 G2 G3 Gm1 Gm2 Gm3 t1 t2 dt t3 treturn P1 P2 P3", 1),
            _from(2, 1024, "scheme G1 G2 G3 Gm1 Gm2 Gm3 t1 t2 dt t3 treturn P1 P2 P3", 2),
        ),
        totals=_both(_from(1, 2048, _VMQ, 1), _from(2, 2048, _VMQ, 2), _from(0, 2048, "Qsum")),
        times=_from(0, 2049, "Tcount Tabnormal Tnormal"),
        records={0: _record((_HEAD_944, 1), (_INPUT_944, 1), (_INPUT_944, 2))},
        control={0: _record((_HEAD_944, 1), (_CONTROL_944, 1), (_CONTROL_944, 2))},
        with_stamp=True,
    ),
    "logika-spt941-20": TaggedLayout(
        answer=bytes.fromhex("922980"),
        text="SPT941.20 v0101",
        units=Units("MWh", "kgf/cm2"),
        settings={(0, 1): "0", (0, 2): "2", (0, 6): "1", (0, 7): "0"},
        checksum=8260,
        current=_from(0, 1026, f"{_CURRENT_941} DS NS"),
        totals=_from(0, 2048, _VMQ),
        times=_from(0, 2056, "Tcount Tabnormal Tnormal"),
        records={0: _record((f"scheme t1 t2 dt t3 tx tair P1 P2 P3 Px P4 {_VMQ} {_shares(16)} DS NS", 1))},
        control={0: _record((f"{_CURRENT_941} {_VMQ} {_shares(16)} DS NS", 1))},
        longest=1024,
        with_stamp=True,
    ),
}
