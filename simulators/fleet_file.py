"""The format of a fleet: which meters hang on which lines. Any key that is not named here is refused.

zone = "Asia/Almaty"              # of every meter's clock
installed_days_ago = 200          # counted from the start of the simulation, at midnight
[[line]]
front = "tcp"                     # tcp | pty | rfc2217
protocol = "m-bus"                # m-bus | modbus-rtu | modbus-ascii | modbus-tcp
faults = "none"                   # none | field | hostile
delay = 0.0                       # optional: seconds before a bus answers
options = "timeout=1"             # optional: what stands behind '?' in the line's URL
[[line.meter]]
model = "kamstrup-multical-601"
serial = "06855817"
address = 1                       # primary address or Modbus unit
secondary = true                  # optional, M-Bus: registered by its secondary address
size = "building"                 # optional: house | building
circuits = 2                      # optional
drift = -40                       # optional: seconds that its clock is wrong by
power_failures = ["-30h..-27h"]   # optional: whole hours before the start of the simulation
[[line.meter]]
replay = "captured/meter.toml"    # instead of all of the above: a transcript beside the fleet file
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from metering.calendar import MeterZone
from metering.errors import ConfigurationError, ProfileError
from protocols import vectors
from protocols.declaration import LARGEST, Declaration, parse
from protocols.vectors import Vector
from simulators.faults import MIXES
from simulators.plant import SIZES

MOST_LINES: Final = 500
MOST_METERS: Final = 250
"""On one line."""
_FAILURE: Final = re.compile(r"-(\d{1,5})h\.\.-(\d{1,5})h")


class FrontKind(StrEnum):
    """How a line is reached."""

    TCP = "tcp"
    PTY = "pty"
    RFC2217 = "rfc2217"


class LineProtocol(StrEnum):
    """What is spoken on a line."""

    M_BUS = "m-bus"
    MODBUS_RTU = "modbus-rtu"
    MODBUS_ASCII = "modbus-ascii"
    MODBUS_TCP = "modbus-tcp"


@dataclass(frozen=True, slots=True)
class Failure:
    """A power failure, from and to so long before the start of the simulation."""

    start: timedelta
    end: timedelta


@dataclass(frozen=True, slots=True)
class MeterPlan:
    """One simulated meter."""

    model: str
    serial: str
    address: int
    secondary: bool
    size: str
    circuits: int
    drift: timedelta
    power_failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class LinePlan:
    """One line; a Vector stands for a captured meter that answers from its transcript."""

    front: FrontKind
    protocol: LineProtocol
    faults: str
    delay: float
    options: str
    meters: tuple[MeterPlan | Vector, ...]


@dataclass(frozen=True, slots=True)
class Fleet:
    """A whole fleet file."""

    zone: MeterZone
    installed_days_ago: int
    lines: tuple[LinePlan, ...]


def load(path: Path) -> Fleet:
    """The fleet of this file. ConfigurationError: unreadable; ProfileError: where its mistake is."""
    return read(_text(path), path)


def read(text: str, path: Path) -> Fleet:
    """The fleet of this text; transcripts are looked for beside `path`."""
    root = parse(text, f"fleet {path.name}")
    fleet = Fleet(
        _zone(root),
        root.take("installed_days_ago", int),
        tuple(_line(table, path.parent) for table in root.tables("line")),
    )
    root.finish()
    _within(root, "installed_days_ago", fleet.installed_days_ago, 1, 5000)
    _within(root, "the number of lines", len(fleet.lines), 1, MOST_LINES)
    return fleet


def _zone(root: Declaration) -> MeterZone:
    try:
        return MeterZone(root.take("zone", str))
    except ProfileError:
        raise
    except ConfigurationError as error:
        raise ProfileError(f"{root.place}: zone: {error}") from error


def _line(table: Declaration, folder: Path) -> LinePlan:
    line = LinePlan(
        table.word("front", FrontKind),
        table.word("protocol", LineProtocol),
        table.one_of("faults", "none", MIXES),
        table.take_or("delay", 0.0),
        table.take_or("options", ""),
        tuple(_meter(meter, folder) for meter in table.tables("meter")),
    )
    table.finish()
    _within(table, "delay", line.delay, 0, 10)
    _within(table, "the number of meters", len(line.meters), 1, MOST_METERS)
    _check(table, line)
    return line


def _check(table: Declaration, line: LinePlan) -> None:
    if line.protocol is LineProtocol.MODBUS_TCP and line.front is not FrontKind.TCP:
        raise ProfileError(f'{table.place}: modbus-tcp needs front = "tcp".')
    addresses = [
        str(meter.address) for meter in line.meters if isinstance(meter, Vector) or not meter.secondary
    ]
    twice = {address for address in addresses if addresses.count(address) > 1}
    if twice:
        raise ProfileError(f"{table.place}: two meters have the address {', '.join(sorted(twice))}.")
    captured = [isinstance(meter, Vector) for meter in line.meters]
    if line.protocol is not LineProtocol.M_BUS and any(captured) and not all(captured):
        raise ProfileError(f"{table.place}: on a Modbus line either all meters are replayed or none.")
    if line.protocol is LineProtocol.MODBUS_TCP and any(captured):
        raise ProfileError(f"{table.place}: a transcript cannot answer Modbus TCP's running numbers.")


def _meter(table: Declaration, folder: Path) -> MeterPlan | Vector:
    if "replay" in table:
        vector = _vector(table, folder)
        table.finish()
        return vector
    meter = MeterPlan(
        model=table.take("model", str),
        serial=table.take("serial", str),
        address=table.take("address", int),
        secondary=table.take_or("secondary", default=False),
        size=table.one_of("size", "building", SIZES),
        circuits=table.take_or("circuits", 1),
        drift=timedelta(seconds=table.take_or("drift", 0)),
        power_failures=tuple(_failure(table, text) for text in table.listed("power_failures", str)),
    )
    table.finish()
    _within(table, "address", meter.address, 0, 255)
    _within(table, "circuits", meter.circuits, 1, 2)
    return meter


def _vector(table: Declaration, folder: Path) -> Vector:
    name = table.take("replay", str)
    try:
        return vectors.load(_text(folder / name), f"{table.place}, replay {name}")
    except ProfileError:
        raise
    except ConfigurationError as error:
        raise ProfileError(f"{table.place}: replay: {error}") from error


def _failure(table: Declaration, text: str) -> Failure:
    hours = _FAILURE.fullmatch(text)
    if hours is None or int(hours[1]) <= int(hours[2]):
        raise ProfileError(f"{table.place}: power_failures = {text!r}; write it like -30h..-27h.")
    return Failure(timedelta(hours=int(hours[1])), timedelta(hours=int(hours[2])))


def _within(table: Declaration, what: str, value: float, lowest: int, highest: int) -> None:
    if not lowest <= value <= highest:
        raise ProfileError(f"{table.place}: {what} is {value}; it may be {lowest} to {highest}.")


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise ConfigurationError(f"{path} is larger than {LARGEST} bytes.")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}.") from error
