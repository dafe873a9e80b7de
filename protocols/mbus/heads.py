"""The head of a record, its DIF and VIF blocks: all that is known of it before its data come."""

from __future__ import annotations

from dataclasses import dataclass

from metering.errors import DecodeError
from protocols.mbus import dif, values, vib
from protocols.mbus.dif import Coding, DataInformation
from protocols.mbus.telegram import DataRecord
from protocols.mbus.vib import NO_BARE_VIFS, BareVifs
from protocols.mbus.vife import ValueInformation


@dataclass(frozen=True, slots=True)
class RecordHead:
    """`read` decodes the data of every record with this head."""

    dif_vif: bytes
    which: DataInformation
    what: ValueInformation
    read: values.Reader

    @classmethod
    def of(cls, dif_vif: bytes, which: DataInformation, what: ValueInformation) -> RecordHead:
        return cls(dif_vif, which, what, values.reader(which.field, what, which.function))

    def record(self, data: bytes) -> DataRecord:
        """The record that these data make, least significant byte first."""
        value, absence, why = self.read(data)
        return DataRecord(
            self.which.function,
            self.which.storage,
            self.which.tariff,
            self.which.subunit,
            self.what.meaning.quantity,
            self.what.meaning.unit,
            self.what.qualifiers,
            value,
            absence,
            why,
            self.dif_vif,
            data,
        )


@dataclass(frozen=True, slots=True)
class PlacedRecord:
    """Where a record lies in its payload: DIF from `start`, VIF from `vif_start`, data up to `end`."""

    head: RecordHead
    start: int
    vif_start: int
    data_start: int
    end: int


def place(payload: bytes, start: int, bare: BareVifs = NO_BARE_VIFS) -> PlacedRecord:
    """The record whose DIF stands at `start`; DecodeError when the payload does not hold all of it."""
    which, vif_start = dif.parse(payload, start)
    what, data_start = vib.parse(payload, vif_start, bare)
    end = data_start + _data_size(payload, data_start, which)
    if end > len(payload):
        raise DecodeError(
            f"The telegram ends inside the data of the record at byte {start}: {end - len(payload)} missing."
        )
    head = RecordHead.of(payload[start:data_start], which, what)
    return PlacedRecord(head, start, vif_start, data_start, end)


def _data_size(payload: bytes, data_start: int, which: DataInformation) -> int:
    if which.field.coding is not Coding.VARIABLE:
        return which.field.size
    if data_start >= len(payload):
        raise DecodeError(
            f"The telegram ends where the length of variable data should stand, at {data_start}."
        )
    size = values.variable_size(payload[data_start])
    if size is None:
        raise DecodeError(
            f"LVAR {payload[data_start]:02X} at byte {data_start} is reserved: its length is unknown."
        )
    return 1 + size
