"""The modems in a registry file: pools of our own, and what is known of the ones on site.

[[pool]]
name = "main"
collector = "cellar"                      # where its serial ports are; left out: it has none
[[pool.modem]]
url = "serial:/dev/ttyUSB0?baud=115200"   # or tcp://, rfc2217://
pin = "1234"                              # optional
[[line]]
url = "inbound:356938035643809"
[line.modem]                              # optional, as each of its keys
site = "cellar of house 10"
phone = "+77015550001"
imei = "356938035643809"
iccid = "8970101234567890123"
operator = "Kcell"
allowance = "50 MB"                       # traffic of the SIM's month, both ways
month_starts_on = 1
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from collector.links.url import LineUrl
from metering.errors import ProfileError
from protocols.declaration import Declaration

LONGEST_TEXT: Final = 200
LAST_FIRST_DAY: Final = 28
REACHED_BY: Final = ("serial", "tcp", "rfc2217")
MULTIPLES: Final = {"kB": 10**3, "MB": 10**6, "GB": 10**9}
_ALLOWANCE: Final = re.compile(rf"([0-9]{{1,6}}) ?({'|'.join(MULTIPLES)})", re.ASCII)
_PIN: Final = re.compile(r"[0-9]{4,8}", re.ASCII)
_POOL: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)


@dataclass(frozen=True, slots=True)
class SimPlan:
    """What is paid for: `allowance` in bytes of a month, both ways; None: no limit is known."""

    allowance: int | None
    month_starts_on: int


@dataclass(frozen=True, slots=True)
class Particulars:
    """What is known of a modem on site; "" is what is not."""

    site: str
    phone: str
    imei: str
    iccid: str
    operator: str
    sim: SimPlan


@dataclass(frozen=True, slots=True)
class OwnModem:
    """A modem of ours and the port that it is on."""

    url: LineUrl
    pin: str
    site: str
    phone: str
    sim: SimPlan


@dataclass(frozen=True, slots=True)
class PoolPlan:
    """A pool of modems; `collector` is the only one that reaches them, None: any does."""

    name: str
    collector: str | None
    modems: tuple[OwnModem, ...]


def read_pool(table: Declaration) -> PoolPlan:
    """One [[pool]]; ProfileError when a serial port has no collector whose it is."""
    pool = PoolPlan(
        _matching(table, "name", table.take("name", str), _POOL, "small letters, digits and hyphens"),
        table.take_or("collector", "") or None,
        tuple(_own_modem(one) for one in table.tables("modem")),
    )
    table.finish()
    if pool.collector is None and any(modem.url.scheme == "serial" for modem in pool.modems):
        raise ProfileError(
            f"{table.place}: a modem on a serial port is reached by one collector only: name it, "
            "collector = ..."
        )
    return pool


def read_particulars(table: Declaration) -> Particulars:
    """One [line.modem]."""
    particulars = Particulars(
        site=_text(table, "site"),
        phone=_text(table, "phone"),
        imei=_text(table, "imei"),
        iccid=_text(table, "iccid"),
        operator=_text(table, "operator"),
        sim=_sim(table),
    )
    table.finish()
    return particulars


def read_allowance(written: str) -> int:
    """Bytes from a text like "50 MB"; ValueError when it is none."""
    found = _ALLOWANCE.fullmatch(written)
    if found is None:
        raise ValueError(f"{written!r} is no amount of traffic; write it like 50 MB")
    return int(found[1]) * MULTIPLES[found[2]]


def _own_modem(table: Declaration) -> OwnModem:
    modem = OwnModem(
        LineUrl.parse(table.take("url", str)),
        _matching(table, "pin", table.take_or("pin", ""), _PIN, "four to eight digits"),
        _text(table, "site"),
        _text(table, "phone"),
        _sim(table),
    )
    table.finish()
    if modem.url.scheme not in REACHED_BY:
        raise ProfileError(f"{table.place}: a modem of ours is reached by {', '.join(REACHED_BY)}.")
    return modem


def _sim(table: Declaration) -> SimPlan:
    written = table.take_or("allowance", "")
    first = table.take_or("month_starts_on", 1)
    if not 1 <= first <= LAST_FIRST_DAY:
        raise ProfileError(f"{table.place}: month_starts_on is {first}; it may be 1 to {LAST_FIRST_DAY}.")
    try:
        return SimPlan(read_allowance(written) if written else None, first)
    except ValueError as error:
        raise ProfileError(f"{table.place}: allowance: {error}.") from error


def _text(table: Declaration, key: str) -> str:
    written = table.take_or(key, "")
    if len(written) > LONGEST_TEXT or not written.isprintable():
        raise ProfileError(f"{table.place}: {key} is no text of at most {LONGEST_TEXT} characters.")
    return written


def _matching(table: Declaration, key: str, written: str, pattern: re.Pattern[str], what: str) -> str:
    if written and not pattern.fullmatch(written):
        raise ProfileError(f"{table.place}: {key} must be {what}.")
    return written
