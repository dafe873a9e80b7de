"""Simulated meters that are read by IEC 62056-21 (iec62056-21-heat.md 1 to 3 and 5).

An Ultraheat answers only when NULs have woken it; its identification and its data come together, as a
gateway that follows the change of speed passes them on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from typing import Final

from metering.calendar import ArchiveKind
from metering.errors import ConfigurationError
from protocols.vendor.iec62056_21.characters import with_parity, without_parity
from protocols.vendor.iec62056_21.data_block import Check, encode, exclusive_or, seven_bit_sum
from simulators.families import DevicePlan, SimulatedFamily
from simulators.marks import Marks
from simulators.numbers import Numbers, Sent, numbers_at, on_wire, truths_of
from simulators.truth import Truths

HOUR: Final = Decimal(1)
FEWEST_NULS: Final = 20
_REQUEST: Final = re.compile(rb"\x00*/([?#])([0-9A-Za-z ]{0,32})!\r\n|\x06[0-2][0-9][0-9]\r\n")


@dataclass(frozen=True, slots=True)
class Item:
    """One data set with a number: its address, what it holds, how many digits stand before the point."""

    address: str
    sent: Sent
    unit: str
    digits: int


@dataclass(frozen=True, slots=True)
class Layout:
    """What a model sends. `lines`: text with the items' data sets for {address} and other places.

    `wakes`: it must be woken. `acknowledged`: it waits for the reader's acknowledgement with its data.
    """

    model: str
    identification: str
    check: Check
    items: tuple[Item, ...]
    lines: tuple[str, ...]
    instantaneous: tuple[str, ...] = ()
    wakes: bool = False
    acknowledged: bool = False

    @property
    def has_clock(self) -> bool:
        return any("{clock}" in line for line in self.lines)


def _ultraheat(model: str, energy: str, before: str = "") -> Layout:
    """The order and the constants of the captured UH50 read-out, section 2.2."""
    items = (
        Item("6.8", Sent("energy_heating", energy, Decimal("0.001")), energy, 4),
        Item("6.26", Sent("volume", "m3", Decimal("0.01")), "m3", 5),
        Item("6.31", Sent("operating_time", "h", HOUR), "h", 7),
        Item("6.32", Sent("error_time", "h", HOUR), "h", 7),
        Item("6.4", Sent("power", "kW", Decimal("0.1")), "kW", 4),
        Item("6.27", Sent("volume_flow", "m3/h", Decimal("0.001")), "m3ph", 3),
        Item("6.29", Sent("temperature_supply", "°C", Decimal("0.1")), "C", 3),
        Item("6.28", Sent("temperature_return", "°C", Decimal("0.1")), "C", 3),
        Item("6.30", Sent("temperature_difference", "K", Decimal("0.1")), "C", 3),
    )
    totals = "{6.8}{6.26}9.21({serial})"
    lines = (
        before + totals,
        "{6.26*01}{6.8*01}",
        "F(0)9.20({serial})6.35(60*m)",
        "6.6(0022.4*kW)6.6*01(0022.4*kW)6.33(000.744*m3ph)9.4(098.5*C&096.1*C)",
        "{6.31}{6.32}9.22(R)9.6(000&{serial}&0&000&{serial}&0)",
        "9.7(20000)6.32*01(0000005*h)6.36(01-01&00:00)6.33*01(000.744*m3ph)",
        "6.8.1()6.8.2()6.8.3()6.8.4()6.8.5()",
        "6.36.5()6.36*02(01&00:00)9.36({clock})9.24(1.5*m3ph)",
        "6.26.1()6.26.4()6.26.5()0.0({serial})",
    )
    instantaneous = (totals, "{6.4}{6.27}{6.29}{6.28}{6.30}")
    return Layout(model, "/LUGCUH50", exclusive_or, items, lines, instantaneous, wakes=True)


def _kamstrup(model: str, identification: str, acknowledged: bool) -> Layout:
    """Section 3: seven digits without a point."""
    items = (
        Item("6.8", Sent("energy_heating", "kWh", HOUR), "kWh", 7),
        Item("6.26", Sent("volume", "m3", HOUR), "m3", 7),
        Item("6.31", Sent("operating_time", "h", HOUR), "h", 7),
    )
    lines = ("0.0({serial})", "{6.8}", "{6.26}", "{6.31}")
    return Layout(model, identification, seven_bit_sum, items, lines, acknowledged=acknowledged)


_ALL: Final = (
    _ultraheat("landis-gyr-uh50-iec", "GJ"),
    _ultraheat("landis-gyr-t550-iec", "MWh", before="\r\n\r\n"),
    _ultraheat("landis-gyr-2wr5-iec", "MWh"),
    _kamstrup("kamstrup-66-cde", "/KAM 0 MC", acknowledged=False),
    _kamstrup("kamstrup-multical-iii", "/KAM 0 MC", acknowledged=True),
)
LAYOUTS: Final[Mapping[str, Layout]] = {layout.model: layout for layout in _ALL}


class OpticalMeter:
    """One meter; `instantaneous`: readers of this line ask for the set without the clock."""

    def __init__(self, layout: Layout, plan: DevicePlan) -> None:
        self.model = layout.model
        self.address = plan.address
        self.serial = plan.serial
        self.memory = plan.memory
        self._layout = layout
        self._instantaneous = plan.choices.get("readout") == "instantaneous"
        self._awaits_acknowledgement = False

    def hear(self, frame: bytes) -> bytes | None:
        """Identification and data, each when it is due; silence when asleep or not meant."""
        asked = _REQUEST.fullmatch(without_parity(frame))
        if asked is None:
            return None
        if asked[1] is None:
            due, self._awaits_acknowledgement = self._awaits_acknowledgement, False
            return self._data("?") if due else None
        asleep = self._layout.wakes and not frame.startswith(bytes(FEWEST_NULS))
        if asleep or not self._meant(asked[2].decode("ascii")):
            return None
        return self._signed_on(asked[1].decode("ascii"))

    def truth_snapshot(self, meter_time: datetime) -> Truths:
        """A meter that does not show its clock is judged by the right time: its own is off by its drift."""
        shown = self._layout.has_clock and not self._instantaneous
        at = meter_time if shown else meter_time + self.memory.drift
        return truths_of(self._sent_now(), numbers_at(self.memory, _minute(at)))

    def truth_archive(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        """The levels of the last yearly set day."""
        if kind is not ArchiveKind.TOTAL or start != self._set_day():
            return None
        text = "".join(self._layout.lines)
        stored = [item.sent for item in self._layout.items if f"{{{item.address}*01}}" in text]
        return truths_of(stored, numbers_at(self.memory, start)) or None

    def _meant(self, address: str) -> bool:
        return not address or address.lstrip("0") == self.address.lstrip("0")

    def _signed_on(self, question: str) -> bytes | None:
        if question == "#" and not self._layout.instantaneous:
            return None
        self._awaits_acknowledgement = self._layout.acknowledged
        identification = with_parity(f"{self._layout.identification}\r\n".encode("ascii"))
        return identification if self._layout.acknowledged else identification + self._data(question)

    def _data(self, question: str) -> bytes:
        lines = self._layout.instantaneous if question == "#" else self._layout.lines
        text = "".join(f"{line}\r\n" for line in lines)
        for place, content in self._contents(self.memory.meter_time()):
            text = text.replace(f"{{{place}}}", content)
        return with_parity(encode(text.encode("ascii") + b"!\r\n", self._layout.check))

    def _contents(self, now: datetime) -> Iterator[tuple[str, str]]:
        """What stands in the places of the lines: current values stand still within a minute."""
        yield "serial", self.serial
        yield "clock", f"{now:%Y-%m-%d&%H:%M:%S}"
        current, set_day = numbers_at(self.memory, _minute(now)), self._set_day()
        for item in self._layout.items:
            yield item.address, f"{item.address}({_written(item, current)})"
            stored = "" if set_day is None else _written(item, numbers_at(self.memory, set_day))
            yield f"{item.address}*01", f"{item.address}*01({stored})"

    def _set_day(self) -> datetime | None:
        """The last first of January; None before the first one after the installation."""
        moment = datetime(self.memory.meter_time().year, 1, 1)
        return moment if moment >= self.memory.installed else None

    def _sent_now(self) -> Iterator[Sent]:
        lines = self._layout.instantaneous if self._instantaneous else self._layout.lines
        text = "".join(lines)
        yield from (item.sent for item in self._layout.items if f"{{{item.address}}}" in text)
        if "F(0)" in text:
            yield Sent("flags", "", HOUR)


def split(buffer: bytes) -> tuple[bytes, int] | None:
    """The first whole request of a buffer, its NULs included, and where it ends."""
    found = _REQUEST.search(without_parity(buffer))
    return None if found is None else (buffer[found.start() : found.end()], found.end())


def build(plan: DevicePlan) -> OpticalMeter:
    if not (plan.serial.isdecimal() and len(plan.serial) <= 11):
        raise ConfigurationError(f"A meter's number has up to eleven digits, not {plan.serial!r}.")
    return OpticalMeter(LAYOUTS[plan.model], plan)


def _written(item: Item, numbers: Numbers) -> str:
    """With leading zeros, the unit behind; registers are cut off, what is measured too."""
    assert item.sent.step is not None
    number = on_wire(item.sent, numbers).quantize(item.sent.step, ROUND_DOWN)
    places = -int(item.sent.step.as_tuple().exponent)
    width = item.digits + (places + 1 if places else 0)
    return f"{number:0{width}f}*{item.unit}"


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


SIMULATED: Final = SimulatedFamily(
    protocol="iec62056-21",
    models=tuple(LAYOUTS),
    build=build,
    split=split,
    marks=Marks(lambda frame: b"", lambda frame: b""),
)
