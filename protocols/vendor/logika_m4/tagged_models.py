"""The younger models: which parameters and record items are what (logika-m4.md sections 5 and 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from metering.calendar import ArchiveKind
from protocols.driver import DriverInfo, LineDefaults, Stamp, Verification
from protocols.vendor.logika_m4 import conditions
from protocols.vendor.logika_m4.conditions import Meanings
from protocols.vendor.logika_m4.session import Signature
from protocols.vendor.logika_m4.symbols import Field, fields
from protocols.vendor.logika_m4.tagged_dialogue import Parameter

CLOCK: Final[tuple[Parameter, ...]] = ((0, 1024), (0, 1025))
DEVICE: Final[Parameter] = (0, 8224)
SERIAL: Final[Parameter] = (0, 8256)

LINE: Final = LineDefaults(baud=2400, parity="N", timeout=3.0)
MANUAL: Final = "M4 bus protocol РАЖГ.00293-33, 3rd edition"
ARCHIVE_NUMBERS: Final[Mapping[ArchiveKind, int]] = {
    ArchiveKind.HOUR: 0,
    ArchiveKind.DAY: 1,
    ArchiveKind.MONTH: 3,
    ArchiveKind.TOTAL: 7,
}
"""Totals are the control records: one a day, as the registers stood at the settlement hour."""

_DEPTHS: Final = {ArchiveKind.HOUR: 2000, ArchiveKind.DAY: 400, ArchiveKind.MONTH: 100}
_INPUT_RECORD: Final = "t1 t2 dt t3"
_TIMES: Final = "Ti Tn Tsh"


@dataclass(frozen=True, slots=True)
class Row:
    """One current value: its parameter, and what it is."""

    parameter: Parameter
    field: Field


@dataclass(frozen=True, slots=True)
class TaggedModel:
    """One model. `settings`: parameters by the name of the setting; `records`: items of an interval record
    and `totals`: of a control record, without time and date, each by its channel. `fit` records go into one
    answer. `short_months`: months are asked for by year and month alone.
    """

    info: DriverInfo
    signature: Signature
    settings: Mapping[str, Parameter]
    schemes: tuple[Parameter, ...]
    current: tuple[Row, ...]
    records: Mapping[int, tuple[Field, ...]]
    totals: Mapping[int, tuple[Field, ...]]
    meanings: Meanings
    fit: int
    serial_mask: int = 0xFFFFFFFF
    short_months: bool = False

    @property
    def circuits(self) -> range:
        """The heat inputs."""
        return range(1, max(row.field.circuit for row in self.current) + 1)


def _rows(channel: int, first: int, symbols: str, circuit: int = 1) -> tuple[Row, ...]:
    """Parameters that stand one behind the other."""
    return tuple(Row((channel, first + at), field) for at, field in enumerate(fields(symbols, circuit)))


def _numbered(name: str, count: int) -> str:
    return " ".join(f"{name}{number}" for number in range(1, count + 1))


def _info(model: str, title: str, manual: str, *notes: str, totals: bool = True) -> DriverInfo:
    depths = {**_DEPTHS, ArchiveKind.TOTAL: _DEPTHS[ArchiveKind.DAY]} if totals else _DEPTHS
    return DriverInfo(
        model=model,
        protocol="logika-m4",
        maker="Logika",
        title=title,
        manual=f"{MANUAL}; {manual}",
        verification=Verification.NOT_ON_HARDWARE,
        line=LINE,
        depths=MappingProxyType(depths),
        stamp=Stamp.SLOT_END,
        largest_request=256,
        default_address="255",
        notes=(*notes, *_NOTES),
    )


_NOTES: Final = (
    "Days and months are read where the meter closes them at midnight and on the first: with another "
    "settlement hour (ЧР) or day (СР) no calendar slot has such a record, and hours are what is read.",
    "UNCONFIRMED: NS bits are taken to be numbered alike in current values and in records.",
)
_DEPTH_UNKNOWN: Final = "UNCONFIRMED: archive depths; those of the SPT943.1 rev. 3 are assumed."
_CONTROL: Final = "UNCONFIRMED: a control record is taken to be labelled with the moment that it is of."

_943_CURRENT: Final = "SP G1 G2 G3 P1 P2 t1 t2 dt t3 tx ta NS DS"
_943_TOTALS: Final = "V1 V2 V3 M1 M2 M3 Q Qg Ti Tmin Tmax Tdt Tep Tf Tn Tsh"
_943_RECORD: Final = "SP P1 P2 t1 t2 dt t3 tx ta V1 V2 V3 M1 M2 M3 Q Qg Ti Tmin Tmax Tdt Tep Tf Tn Tsh NS DS"
SPT943_REV3: Final = TaggedModel(
    info=_info(
        "logika-spt943-rev3", "Logika SPT943.1 rev. 3", "SPT943.1 РАЖГ.421412.019-01 Д7", totals=False
    ),
    signature=Signature(b"\x54\x2b", range(0x0A, 0x20)),
    settings={
        "units": (0, 0),
        "settlement_day": (0, 3),
        "settlement_hour": (0, 4),
        "checksum": (0, 8259),
    },
    schemes=((1, 1024), (2, 1024)),
    current=(
        *(row for tv in (1, 2) for row in _rows(tv, 1024, _943_CURRENT, tv)),
        *(row for tv in (1, 2) for row in _rows(tv, 2048, _943_TOTALS, tv)),
        *_rows(0, 2048, "Qc"),
    ),
    records={tv: fields(_943_RECORD, tv) for tv in (1, 2)},
    totals={},
    meanings=conditions.SPT943,
    fit=4,
    short_months=True,
)

_944_HEAD: Final = f"SP tx ta t4 t5 t6 Px P4 P5 P6 Qc {_TIMES} {_numbered('CT', 20)} NS DS"
_944_CURRENT: Final = "SP G1 G2 G3 Gm1 Gm2 Gm3 t1 t2 dt t3 tog P1 P2 P3"
_944_AMOUNTS: Final = "V1 V2 V3 M1 M2 M3 Q Qg"


def _head_and_inputs(symbols: str) -> tuple[Field, ...]:
    """One record of an SPT944: what is common, then both heat inputs."""
    return fields(_944_HEAD) + fields(symbols, 1) + fields(symbols, 2)


SPT944: Final = TaggedModel(
    info=_info("logika-spt944", "Logika SPT944", "SPT944 РАЖГ.421412.032 Д7", _DEPTH_UNKNOWN, _CONTROL),
    signature=Signature(b"\x54\x2c", range(0x00, 0x0B)),
    settings={
        "pressure": (0, 5),
        "heat": (0, 6),
        "settlement_day": (0, 10),
        "settlement_hour": (0, 11),
        "checksum": (0, 8260),
    },
    schemes=((0, 1026),),
    current=(
        *_rows(0, 1026, "SP tx ta t4 t5 t6 Px P4 P5 P6 NS DS"),
        *(row for tv in (1, 2) for row in _rows(tv, 1024, _944_CURRENT, tv)),
        *_rows(0, 2048, f"Qc {_TIMES}"),
        *(row for tv in (1, 2) for row in _rows(tv, 2048, _944_AMOUNTS, tv)),
    ),
    records={0: _head_and_inputs(f"SP {_INPUT_RECORD} tog P1 P2 P3 {_944_AMOUNTS}")},
    totals={0: _head_and_inputs(f"{_944_CURRENT} {_944_AMOUNTS}")},
    meanings=conditions.SPT944,
    fit=1,
)

_941_CURRENT: Final = "SP G1 G2 G3 Gm1 Gm2 Gm3 t1 t2 dt t3 tx t4 P1 P2 P3 Px P4"
_941_SHARES: Final = f"{_TIMES} {_numbered('CT', 16)}"
SPT941_20: Final = TaggedModel(
    info=_info(
        "logika-spt941-20", "Logika SPT941.20", "SPT941.20 РАЖГ.421412.031 Д7", _DEPTH_UNKNOWN, _CONTROL
    ),
    signature=Signature(b"\x92\x29", range(0x80, 0x100)),
    settings={
        "pressure": (0, 1),
        "heat": (0, 2),
        "settlement_day": (0, 6),
        "settlement_hour": (0, 7),
        "checksum": (0, 8260),
    },
    schemes=((0, 1026),),
    current=(
        *_rows(0, 1026, f"{_941_CURRENT} DS NS"),
        *_rows(0, 2048, f"{_944_AMOUNTS} {_TIMES}"),
    ),
    records={0: fields(f"SP {_INPUT_RECORD} tx ta P1 P2 P3 Px P4 {_944_AMOUNTS} {_941_SHARES} DS NS")},
    totals={0: fields(f"{_941_CURRENT} {_944_AMOUNTS} {_941_SHARES} DS NS")},
    meanings=conditions.SPT941_20,
    fit=3,
    serial_mask=0x00FFFFFF,
)

MODELS: Final[Mapping[str, TaggedModel]] = {
    model.info.model: model for model in (SPT943_REV3, SPT944, SPT941_20)
}
