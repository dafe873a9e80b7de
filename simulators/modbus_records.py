"""Numbers and records as a simulated Modbus meter writes them, in the layout that its profile declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from metering.errors import NotSupported
from metering.units import convert
from protocols.modbus.archive_map import RecordLayout
from protocols.modbus.numbers import encode_number, unit_of
from protocols.modbus.parameters import SETTING, values_of
from protocols.modbus.places import Value
from protocols.modbus.register_map import Profile
from simulators.memory import MeterMemory
from simulators.numbers import Numbers

UNDESCRIBED: Final = 12
"""Bytes behind a record of which no layout tells the end."""


@dataclass(frozen=True, slots=True)
class Writing:
    """How one meter writes: by its profile and its settings."""

    profile: Profile
    settings: Mapping[str, str]
    memory: MeterMemory

    def encoded(self, value: Value, numbers: Numbers) -> Iterator[tuple[int, bytes]]:
        """Every place of a value with its bytes. What is subtracted equals the value: 2x less x is x."""
        for circuit in self.profile.circuits_of(value):
            first, *rest = value.places(circuit)
            number = self._number(value, circuit, numbers)
            doubled = number * 2 if rest and number is not None else number
            yield first, encode_number(value, doubled, self.settings)
            for place in rest:
                yield place, encode_number(value, number, self.settings)

    def _number(self, value: Value, circuit: int, numbers: Numbers) -> Decimal | None:
        """In the unit of the wire; zero for a circuit that is not used, None for what no plant measures."""
        if circuit > self.memory.circuits:
            return Decimal(0)
        try:
            canonical = numbers(value.quantity, circuit)
        except NotSupported:
            return None
        return canonical / convert(Decimal(1), unit_of(value, self.settings), value.quantity).factor

    def record(self, record: RecordLayout, stamp: datetime, numbers: Numbers) -> bytes:
        """A record with this stamp; what it reports of the meter's state is zero: nothing is the matter."""
        declared, listed = self.profile.parameters, 0
        if declared and record.listed_at is not None:
            listed = len(bytes.fromhex(self.settings[SETTING])) * declared.size
        data = bytearray(record.size + listed + (UNDESCRIBED if record.longer else 0))
        data[record.stamp_at : record.stamp_at + record.stamp.size] = record.stamp.encode(stamp)
        for value in values_of(self.profile, record, self.settings):
            for at, encoded in self.encoded(value, numbers):
                data[at : at + len(encoded)] = encoded
        return bytes(data)
