"""M-Bus application layer: a payload becomes a header and data records (EN 13757-3, m-bus.md 4..8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum

from metering.readings import Absence


class Function(StrEnum):
    """Bits 5..4 of the DIF, in the order of their codes."""

    INSTANTANEOUS = "instantaneous"
    MAXIMUM = "maximum"
    MINIMUM = "minimum"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Header:
    """Who speaks: `identification` has eight digits (hex letters where a meter sends no BCD)."""

    identification: str
    manufacturer: str
    version: int
    medium: int
    access: int
    status: int
    signature: int


Value = Decimal | datetime | date | time | str | bytes


@dataclass(frozen=True, slots=True)
class DataRecord:
    """One record. `value` is exact and stands in `unit`, a base unit without prefix (Wh, J, cal, m3, kg, s).

    `value` is None exactly when `absence` says that the meter sent none; `why` says it in words.
    `qualifiers` are the VIFEs that change the meaning, in words; empty means the plain quantity.
    """

    function: Function
    storage: int
    tariff: int
    subunit: int
    quantity: str
    unit: str
    qualifiers: tuple[str, ...]
    value: Value | None
    absence: Absence | None
    why: str
    dif_vif: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Telegram:
    """`problems` names the records that were stepped over because they could not be understood."""

    header: Header
    records: tuple[DataRecord, ...]
    manufacturer_data: bytes
    more_follows: bool
    problems: tuple[str, ...]
