"""The format of a fleet: which meters hang on which lines. Any key that is not named here is refused.

zone = "Asia/Almaty"              # of every meter's clock
installed_days_ago = 200          # counted from the start of the simulation, at midnight
[[line]]
copies = 1                        # optional: many alike lines; serials, identities and numbers run on
front = "tcp"                     # tcp | pty | rfc2217 | inbound | csd
protocol = "m-bus"                # m-bus | modbus-rtu | modbus-ascii | modbus-tcp | a maker's: vkt7
faults = "none"                   # none | field | hostile
delay = 0.0                       # optional: seconds before a bus answers
options = "timeout=1"             # optional: what stands behind '?' in the line's URL
wedge = "never"                   # tcp, optional: never | dumb | single | closing
wedge_after = 0                   # tcp, optional: requests before it wedges
gateway = "irz"                   # inbound: irz, irz-encapsulated, wrx, usr, imei, iccid, pattern, silent
identity = "356938035643809"      # inbound: what an operator registers; silent: port:11006, address:127.0.0.9
heartbeat = "55AA"                # inbound, optional: bytes; iRZ has its own
answer = "AA55"                   # inbound, optional: what the gateway wants for its heartbeat
beat = 55.0                       # inbound, optional: seconds of silence before a heartbeat
hello = "LOGIN:{identity}"        # inbound, optional: the text around the identity
with_data = false                 # inbound, optional: the registration stands before every packet, too
signal = 17                       # inbound, optional: mean CSQ
latency = 0.0                     # inbound, optional: seconds, one way
reconnect = 0.2                   # inbound, optional: seconds before it connects again
number = "+77015550001"           # csd
pool = "main"                     # csd
[[line.meter]]
model = "kamstrup-multical-601"
serial = "06855817"
address = 1                       # primary address or Modbus unit; a text where the protocol has others
secondary = true                  # optional, M-Bus: registered by its secondary address
size = "building"                 # optional: house | building
circuits = 2                      # optional
drift = -40                       # optional: seconds that its clock is wrong by
gain = 0.5                        # optional: seconds that its clock gains in a day
power_failures = ["-30h..-27h"]   # optional: whole hours before the start of the simulation
replaced_by = "06855818"          # optional: the serial of the meter that takes its place; not for Modbus
replaced_after = 240              # hours after the start of the simulation
[[line.meter]]
replay = "captured/meter.toml"    # instead of all of the above: a transcript beside the fleet file
[[pool]]
name = "main"
modems = 4                        # optional
make = "simcom"                   # optional: cinterion | simcom; without it they take turns
front = "pty"                     # optional: pty | tcp
level = -71.0                     # optional: what they hear of the network on average, in dBm
[network]                         # optional: what the pools' calls go through
faults = "none"                   # none | field | hostile
scale = 0.02                      # times what the network's waits really take
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Final

from metering.calendar import MeterZone
from metering.errors import ConfigurationError, ProfileError
from protocols import vectors
from protocols.declaration import LARGEST, Declaration, parse
from protocols.vectors import Vector
from simulators.faults import MIXES
from simulators.fleet_copies import copies
from simulators.fleet_plan import (
    M_BUS,
    MODBUS,
    MODBUS_TCP,
    Failure,
    Fleet,
    FrontKind,
    LinePlan,
    MeterPlan,
    line_protocols,
)
from simulators.fleet_ways import call, gateway, network, pool, wedge, within
from simulators.plant import SIZES

MOST_LINES: Final = 10_000
MOST_POOLS: Final = 16
MOST_METERS: Final = 250
"""On one line."""
_FAILURE: Final = re.compile(r"-(\d{1,5})h\.\.-(\d{1,5})h")


def load(path: Path) -> Fleet:
    """The fleet of this file. ConfigurationError: unreadable; ProfileError: where its mistake is."""
    return read(_text(path), path)


def read(text: str, path: Path) -> Fleet:
    """The fleet of this text; transcripts are looked for beside `path`."""
    root = parse(text, f"fleet {path.name}")
    fleet = Fleet(
        _zone(root),
        root.take("installed_days_ago", int),
        _all_lines(root, path.parent),
        tuple(pool(table) for table in root.tables("pool")),
        network(root.table("network")),
    )
    root.finish()
    within(root, "installed_days_ago", fleet.installed_days_ago, 1, 5000)
    within(root, "the number of pools", len(fleet.pools), 0, MOST_POOLS)
    _check_fleet(root, fleet)
    return fleet


def _check_fleet(root: Declaration, fleet: Fleet) -> None:
    """No two lines are reached in the same way, and every call has its pool."""
    names = [f"the pool {plan.name}" for plan in fleet.pools]
    names += [f"the gateway {line.gateway.identity}" for line in fleet.lines if line.gateway]
    names += [f"the number {line.call.number}" for line in fleet.lines if line.call]
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise ProfileError(f"{root.place}: {', '.join(twice[:5])} appears twice.")
    unknown = {line.call.pool for line in fleet.lines if line.call} - {plan.name for plan in fleet.pools}
    if unknown:
        raise ProfileError(f"{root.place}: there is no [[pool]] named {', '.join(sorted(unknown))}.")


def _zone(root: Declaration) -> MeterZone:
    try:
        return MeterZone(root.take("zone", str))
    except ProfileError:
        raise
    except ConfigurationError as error:
        raise ProfileError(f"{root.place}: zone: {error}") from error


def _all_lines(root: Declaration, folder: Path) -> tuple[LinePlan, ...]:
    every = (line for table in root.tables("line") for line in _lines(table, folder))
    lines = tuple(islice(every, MOST_LINES + 1))
    within(root, "the number of lines", len(lines), 1, MOST_LINES)
    return lines


def _lines(table: Declaration, folder: Path) -> Iterator[LinePlan]:
    count = table.take_or("copies", 1)
    within(table, "copies", count, 1, MOST_LINES)
    line = _line(table, folder)
    try:
        yield from copies(line, count)
    except ConfigurationError as error:
        raise ProfileError(f"{table.place}: copies: {error}") from error


def _line(table: Declaration, folder: Path) -> LinePlan:
    front = table.word("front", FrontKind)
    line = LinePlan(
        front,
        table.one_of("protocol", "", line_protocols()),
        table.one_of("faults", "none", MIXES),
        table.take_or("delay", 0.0),
        table.take_or("options", ""),
        tuple(_meter(meter, folder) for meter in table.tables("meter")),
        gateway(table, front),
        call(table, front),
        *wedge(table, front),
    )
    table.finish()
    within(table, "delay", line.delay, 0, 10)
    within(table, "the number of meters", len(line.meters), 1, MOST_METERS)
    _check(table, line)
    return line


def _check(table: Declaration, line: LinePlan) -> None:
    if line.protocol == MODBUS_TCP and line.front is not FrontKind.TCP:
        raise ProfileError(f'{table.place}: modbus-tcp needs front = "tcp".')
    addresses = [
        str(meter.address) for meter in line.meters if isinstance(meter, Vector) or not meter.secondary
    ]
    twice = {address for address in addresses if addresses.count(address) > 1}
    if twice:
        raise ProfileError(f"{table.place}: two meters have the address {', '.join(sorted(twice))}.")
    if line.protocol in MODBUS and any(_is_replaced(meter) for meter in line.meters):
        raise ProfileError(f"{table.place}: meters that speak Modbus cannot be replaced here.")
    captured = [isinstance(meter, Vector) for meter in line.meters]
    if line.protocol != M_BUS and any(captured) and not all(captured):
        raise ProfileError(
            f"{table.place}: on a line other than M-Bus either all meters are replayed or none."
        )
    if line.protocol == MODBUS_TCP and any(captured):
        raise ProfileError(f"{table.place}: a transcript cannot answer Modbus TCP's running numbers.")


def _meter(table: Declaration, folder: Path) -> MeterPlan | Vector:
    if "replay" in table:
        vector = _vector(table, folder)
        table.finish()
        return vector
    meter = MeterPlan(
        model=table.take("model", str),
        serial=table.take("serial", str),
        address=_address(table),
        secondary=table.take_or("secondary", default=False),
        size=table.one_of("size", "building", SIZES),
        circuits=table.take_or("circuits", 1),
        drift=timedelta(seconds=table.take_or("drift", 0)),
        power_failures=tuple(_failure(table, text) for text in table.listed("power_failures", str)),
        gain=timedelta(seconds=table.take_or("gain", 0.0)),
        replaced_by=table.take_or("replaced_by", ""),
        replaced_after=timedelta(hours=table.take_or("replaced_after", 0)),
    )
    table.finish()
    within(table, "circuits", meter.circuits, 1, 2)
    return meter


def _is_replaced(meter: MeterPlan | Vector) -> bool:
    return isinstance(meter, MeterPlan) and bool(meter.replaced_by)


def _address(table: Declaration) -> str:
    """A number of one byte, or a text that only the protocol itself can judge."""
    if table.is_text("address"):
        return table.take("address", str)
    number = table.take("address", int)
    within(table, "address", number, 0, 255)
    return str(number)


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


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise ConfigurationError(f"{path} is larger than {LARGEST} bytes.")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}.") from error
