"""What a decoded M-Bus telegram is: its header and its data records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from metering.readings import Absence
from protocols.mbus.dif import Function
from protocols.mbus.values import Value


@dataclass(frozen=True, slots=True)
class Header:
    """Who speaks: `identification` has eight digits (hex letters where a meter sends no BCD).

    A telegram without a header has empty texts and zeros; a short header has access, status and signature.
    `fixed`: of a fixed data structure, where bits 0 and 1 of the status tell how its counters are coded.
    """

    identification: str = ""
    manufacturer: str = ""
    version: int = 0
    medium: int = 0
    access: int = 0
    status: int = 0
    signature: int = 0
    fixed: bool = False


NO_HEADER: Final = Header()


@dataclass(frozen=True, slots=True)
class DataRecord:
    """One record. `value` is exact and stands in `unit`, a base unit without prefix (Wh, J, cal, m3, kg, s).

    `value` is None exactly when `absence` says that the meter sent none; `why` says it in words.
    `qualifiers` are the VIFEs that change the meaning, in words; empty means the plain quantity.
    A record of the error state keeps its number, if it sent one: what it is worth is the reader's decision.
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
    """`problems` names the records that hold something which could not be understood, and why."""

    header: Header
    records: tuple[DataRecord, ...]
    manufacturer_data: bytes
    more_follows: bool
    problems: tuple[str, ...]
