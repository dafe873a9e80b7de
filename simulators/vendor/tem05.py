"""A simulated TEM-05: it answers its one request with its whole state, and is silent to anything else.

Source: tem-05.md. Channel 1 is the first circuit, channel 2 the second; totals have 24 bits and wrap.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from metering.calendar import ArchiveKind
from metering.errors import ConfigurationError, NotSupported
from protocols.fields import to_bcd
from protocols.vendor.tem05.answer import REQUEST
from simulators.families import DevicePlan, SimulatedFamily
from simulators.marks import Marks
from simulators.memory import MeterMemory
from simulators.numbers import Numbers, Sent, numbers_at, on_wire, truths_of
from simulators.truth import Truths

MODEL: Final = "arvas-tem-05"
_SIZE: Final = 346
_COUNTER: Final = 3
_CODES: Final = (8, 3)
"""Codes of diameter and flow of the two channels: k of 10, and of 100 or, in the other generation, 1000."""
_TENTH, _HUNDREDTH = Decimal("0.1"), Decimal("0.01")

_PIPES: Final = {
    "circuits": (("energy_heating", "", 1), ("energy_heating", "", 2)),
    "pipes": (("energy_supply", "_supply", 1), ("energy_return", "_return", 1)),
}


def _channel(first: int, heat: int, k: Decimal, names: tuple[str, str, int]) -> dict[int, Sent]:
    """Flow, heat, volume and mass of a channel with their places; `k` is the step of its volume."""
    energy, place, circuit = names
    return {
        first: Sent(f"volume_flow{place}", "m3/h", k / 100, circuit),
        heat: Sent(energy, "MWh", k / 10, circuit),
        heat + 3: Sent(f"volume{place}", "m3", k, circuit),
        heat + 6: Sent(f"mass{place}", "t", k, circuit),
    }


_TEMPERATURES: Final = {
    206: Sent("temperature_supply", "°C", _HUNDREDTH),
    208: Sent("temperature_return", "°C", _HUNDREDTH),
    210: Sent("temperature_cold_water", "°C", _HUNDREDTH),
}
_ON_TIME: Final = Sent("on_time", "min", Decimal(1))


class Tem05Meter:
    """One meter; its address goes over no line."""

    def __init__(self, plan: DevicePlan) -> None:
        if not (plan.serial.isdecimal() and int(plan.serial) < 1 << 16):
            raise ConfigurationError(f"Serial {plan.serial!r} of a simulated TEM-05: write 1 to 65535.")
        self.model = plan.model
        self.address = plan.address
        self.serial = plan.serial
        self.memory: MeterMemory = plan.memory
        self._counters = self._rows(plan.choices)

    def hear(self, frame: bytes) -> bytes | None:
        """The state, to the one request."""
        return self._state() if frame == REQUEST else None

    def truth_snapshot(self, meter_time: datetime) -> Truths:
        """What current values must say that were read in this minute of the meter's clock."""
        rows = (*self._counters.values(), *_TEMPERATURES.values(), _ON_TIME)
        return truths_of(rows, self._numbers(meter_time))

    def truth_archive(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        """None: no archive of this model is known."""
        return None

    def _rows(self, choices: Mapping[str, str]) -> dict[int, Sent]:
        first, second = _PIPES[choices.get("channels", "circuits")]
        k = 1 / Decimal(choices.get("code_3", "100"))
        rows = _channel(32, 38, _TENTH, first) | _channel(47, 53, k, second)
        return {at: sent for at, sent in rows.items() if sent.circuit <= self.memory.circuits}

    def _numbers(self, meter_time: datetime) -> Numbers:
        return numbers_at(self.memory, meter_time.replace(second=0, microsecond=0))

    def _state(self) -> bytes:
        now = self.memory.meter_time()
        numbers, image = self._numbers(now), bytearray(_SIZE)
        image[2:10] = _clock(now)
        image[14:16] = int(self.serial).to_bytes(2, "little")
        image[16:20] = bytes((7, 1, *_CODES))
        hours, minutes = divmod(_steps(_ON_TIME, numbers), 60)
        image[24:28] = bytes((minutes,)) + hours.to_bytes(_COUNTER, "little")
        for at, sent in self._counters.items():
            image[at : at + _COUNTER] = _counter(sent, numbers)
        for at, sent in _TEMPERATURES.items():
            image[at : at + 2] = _steps(sent, numbers).to_bytes(2, "little")
        return bytes(image)


def _clock(moment: datetime) -> bytes:
    """Minute and hour with a byte behind each, a byte of unknown meaning, day, month, year."""
    parts = (moment.minute, 0, moment.hour, 0, 0, moment.day, moment.month, moment.year % 100)
    return b"".join(to_bcd(part, 1) for part in parts)


def _counter(sent: Sent, numbers: Numbers) -> bytes:
    """Three bytes that wrap; zero for what no plant has."""
    try:
        number = _steps(sent, numbers)
    except NotSupported:
        number = 0
    return (number % (1 << 8 * _COUNTER)).to_bytes(_COUNTER, "little")


def _steps(sent: Sent, numbers: Numbers) -> int:
    step = sent.step or Decimal(1)
    return int((on_wire(sent, numbers) / step).to_integral_value(ROUND_HALF_EVEN))


def split(buffer: bytes) -> tuple[bytes, int] | None:
    """The first request and where it ends."""
    at = buffer.find(REQUEST)
    return None if at < 0 else (REQUEST, at + len(REQUEST))


def _no_mark(frame: bytes) -> bytes:
    """Nothing says whose a request is."""
    return b""


def _serial(answer: bytes) -> bytes:
    return answer[14:16]


SIMULATED: Final = SimulatedFamily("tem05", (MODEL,), Tem05Meter, split, Marks(_no_mark, _serial))
