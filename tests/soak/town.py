"""The meters of a soak run: many makers, several on a line, some replaced, some with another scheme later.

Models that need a rest in real time after each selected record (TV7, ELF-04, Karat) are not among them: a
second of theirs would be minutes here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from simulators.fleet_file import read
from simulators.fleet_plan import Fleet

OPTIONS: Final = "timeout=1.5&gap=0.05&quiet=0&attempts=2"
HEAD: Final = 'zone = "Asia/Almaty"\ninstalled_days_ago = 1\n'


@dataclass(frozen=True)
class Group:
    """Lines of one kind: the share of all meters that they carry, and the meters on one of them."""

    share: int
    protocol: str
    meters: tuple[str, ...]
    """Each `model serial address`; serials run on from line to line."""
    options: str = ""


GROUPS: Final = (
    Group(
        35,
        "m-bus",
        (
            "danfoss-sonometer-30 03010000 1",
            "axis-sku-02-k 07010000 2",
            "minol-minocal 31420000 3",
            "kamstrup-multical-403 77440000 4",
            "engelmann-sensostar 10380000 5",
        ),
    ),
    Group(
        15,
        "m-bus",
        ("sensus-pollucom-e 63940000 1", "zenner-zelsius-c5 10850000 2", "diehl-sharky-774 41710000 3"),
    ),
    Group(8, "vkt7", ("teplokom-vkt-7 00120000 1", "teplokom-vkt-7 00150000 2")),
    Group(6, "logika-m4", ("logika-spt943 00010000 1", "logika-spt943 00040000 2")),
    Group(8, "kmp", ("kamstrup-multical-603-kmp 60300000 63",)),
    Group(6, "vzlet-tsr", ("vzlet-tsrv-010m 1200000 1", "vzlet-tsrv-010m 1500000 2")),
    Group(6, "tem", ("arvas-tem-104 100000 1",)),
    Group(
        16,
        "modbus-tcp",
        (
            "vzlet-tsrv-024m 1100000 1",
            "vzlet-tsrv-024m 1300000 2",
            "vzlet-tsrv-024m 1500000 3",
        ),
    ),
)
REPLACED: Final = ("axis-sku-02-k", "teplokom-vkt-7", "sensus-pollucom-e")
"""One meter of each of these models is replaced, as far as there are so many."""
RESCHEMED: Final = "logika-spt943"
"""Two meters of this model get another scheme."""


@dataclass(frozen=True)
class Ordeal:
    """How large, how long, and when what happens; times from the start, simulated."""

    meters: int
    length: timedelta
    replacements: tuple[timedelta, ...]
    schemes: tuple[timedelta, ...]


def town(ordeal: Ordeal) -> Fleet:
    """About so many meters, and at least one line of each group."""
    lines = []
    replaced = dict(zip(REPLACED, ordeal.replacements, strict=False))
    for group in GROUPS:
        count = max(1, round(ordeal.meters * group.share / 100 / len(group.meters)))
        for number in range(count):
            lines.append(_line(group, number, replaced))
    return read(HEAD + "".join(lines), Path("town.toml"))


def _line(group: Group, number: int, replaced: dict[str, timedelta]) -> str:
    options = "&".join(part for part in (OPTIONS, group.options) if part)
    text = f'[[line]]\nfront = "tcp"\nprotocol = "{group.protocol}"\noptions = "{options}"\n'
    for place, meter in enumerate(group.meters):
        model, first, address = meter.split()
        serial = str(int(first) + number).zfill(len(first))
        text += f'[[line.meter]]\nmodel = "{model}"\nserial = "{serial}"\naddress = {address}\n'
        text += f"drift = {(number * 37 + place * 11) % 90 - 45}\ngain = {(number % 5 - 2) / 4}\n"
        after = replaced.pop(model, None)
        if after is not None:
            heir = str(int(first) + 90_000 + number).zfill(len(first))
            text += f'replaced_by = "{heir}"\nreplaced_after = {round(after / timedelta(hours=1))}\n'
    return text
