"""The keys of a fleet file that say how a line is reached: gateways, calls, wedges, pools."""

from __future__ import annotations

import re
from typing import Final

from metering.errors import ProfileError
from protocols.declaration import Declaration
from simulators.faults import MIXES
from simulators.fleet_plan import Call, FrontKind, NetworkPlan, PoolPlan, PortKind
from simulators.gateways.families import STRONGEST
from simulators.gateways.gateway import PLACEHOLDER, Gateway, GatewayKind
from simulators.gateways.numbers import is_checked
from simulators.gateways.wedge import Wedge
from simulators.gsm.makes import MAKES

MOST_MODEMS: Final = 64
LONGEST_TEXT: Final = 40
"""Bytes of a registration string or a heartbeat (gprs-gateways.md, section 5)."""
_NUMBER: Final = re.compile(r"\+[0-9]{5,15}")
_POOL: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_IMEI: Final = re.compile(r"[0-9]{15}")
_ICCID: Final = re.compile(r"89[0-9]{17,18}")
_IMEI_KINDS: Final = (GatewayKind.IRZ, GatewayKind.IRZ_ENCAPSULATED, GatewayKind.WRX)


def gateway(table: Declaration, front: FrontKind) -> Gateway | None:
    """The gateway of an inbound line; None for every other front."""
    if front is not FrontKind.INBOUND:
        return None
    usual = Gateway(kind=table.word("gateway", GatewayKind), identity=table.take("identity", str))
    found = Gateway(
        kind=usual.kind,
        identity=usual.identity,
        heartbeat=_octets(table, "heartbeat"),
        answer=_octets(table, "answer"),
        beat=table.take_or("beat", usual.beat),
        hello=table.take_or("hello", usual.hello),
        with_data=table.take_or("with_data", default=False),
        signal=table.take_or("signal", usual.signal),
        latency=table.take_or("latency", usual.latency),
        reconnect=table.take_or("reconnect", usual.reconnect),
    )
    _check(table, found)
    return found


def call(table: Declaration, front: FrontKind) -> Call | None:
    """The number of a dialled line; None for every other front."""
    if front is not FrontKind.CSD:
        return None
    found = Call(table.take("number", str), table.take("pool", str))
    if not _NUMBER.fullmatch(found.number):
        raise ProfileError(f"{table.place}: number = {found.number!r}; write it like +77015550001.")
    return found


def wedge(table: Declaration, front: FrontKind) -> tuple[Wedge, int]:
    """How the gateway of a tcp line wedges, and after how many requests."""
    if front is not FrontKind.TCP:
        return Wedge.NEVER, 0
    found = table.word("wedge", Wedge, Wedge.NEVER)
    after = table.take_or("wedge_after", 0)
    within(table, "wedge_after", after, 0, 1_000_000)
    return found, after


def pool(table: Declaration) -> PoolPlan:
    """One [[pool]]."""
    found = PoolPlan(
        table.take("name", str),
        table.take_or("modems", 4),
        table.one_of("make", "", ("", *MAKES)),
        table.word("front", PortKind, PortKind.PTY),
        table.take_or("level", -71.0),
    )
    table.finish()
    if not _POOL.fullmatch(found.name):
        raise ProfileError(f"{table.place}: name = {found.name!r}; use small letters, digits and hyphens.")
    within(table, "modems", found.modems, 1, MOST_MODEMS)
    within(table, "level", found.level, -120, -40)
    return found


def network(table: Declaration) -> NetworkPlan:
    """The [network] of all calls."""
    usual = NetworkPlan()
    found = NetworkPlan(table.one_of("faults", usual.faults, MIXES), table.take_or("scale", usual.scale))
    table.finish()
    within(table, "scale", found.scale, 0, 10)
    return found


def within(table: Declaration, what: str, value: float, lowest: float, highest: float) -> None:
    """ProfileError when a value is out of its range."""
    if not lowest <= value <= highest:
        raise ProfileError(f"{table.place}: {what} is {value}; it may be {lowest} to {highest}.")


def _check(table: Declaration, found: Gateway) -> None:
    for key, value, lowest, highest in (
        ("beat", found.beat, 0.05, 3600),
        ("signal", found.signal, 0, STRONGEST),
        ("latency", found.latency, 0, 10),
        ("reconnect", found.reconnect, 0.01, 3600),
        ("the length of the registration", len(found.registration), 0, LONGEST_TEXT),
    ):
        within(table, key, value, lowest, highest)
    if PLACEHOLDER not in found.hello:
        raise ProfileError(f"{table.place}: hello = {found.hello!r} has no {PLACEHOLDER} in it.")
    if not _says_identity(found):
        raise ProfileError(f"{table.place}: identity = {found.identity!r} is none of a gateway {found.kind}.")


def _says_identity(found: Gateway) -> bool:
    if found.kind in _IMEI_KINDS:
        return _IMEI.fullmatch(found.identity) is not None
    if found.kind is GatewayKind.IMEI:
        return len(found.identity) == 15 and is_checked(found.identity)
    if found.kind is GatewayKind.SILENT:
        return found.source is not None or (found.port is not None and found.port < 65536)
    if found.kind is GatewayKind.ICCID:
        long = _ICCID.fullmatch(found.identity) is not None
        return long and (len(found.identity) == 20 or is_checked(found.identity))
    return found.identity.isprintable() and bool(found.identity)


def _octets(table: Declaration, key: str) -> bytes:
    written = table.take_or(key, "")
    try:
        octets = bytes.fromhex(written)
    except ValueError as error:
        raise ProfileError(f"{table.place}: {key} = {written!r}; write bytes like 55AA.") from error
    within(table, f"the length of {key}", len(octets), 0, LONGEST_TEXT)
    return octets
