"""How many connections there are, in all and of the unrecognised from one address."""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from collector.inbound.connection import Connection, Standing
from collector.inbound.endings import Refusal
from collector.inbound.limits import Limits

SUBSCRIBER: Final = 64
"""An IPv6 subscriber owns a network of this prefix length, and can use a new address for each connection."""


@lru_cache(maxsize=4096)
def source_of(address: str) -> str:
    """What an address is counted under; an IPv4 address that is written as IPv6 is the IPv4 address."""
    parsed = ip_address(address.partition("%")[0])
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((int(parsed), SUBSCRIBER), strict=False))


class Admission:
    """Counts what is open and what was refused. `empty` is set while nothing is open.

    An address may have a few unrecognised connections, and one more for each recognised modem: thousands that
    call behind one address of their carrier get in ever faster, a scanner does not.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.connections: set[Connection] = set()
        self.empty = asyncio.Event()
        self.empty.set()
        self.accepted = 0
        self.refused: Counter[Refusal] = Counter()
        self._counted: dict[Standing, Counter[str]] = {
            Standing.UNRECOGNISED: Counter(),
            Standing.RECOGNISED: Counter(),
        }

    def refuse(self, refusal: Refusal) -> None:
        self.refused[refusal] += 1

    def has_room(self) -> bool:
        """Whether one more connection may be open."""
        if len(self.connections) < self._limits.connections:
            return True
        self.refuse(Refusal.FULL)
        return False

    def enter(self, connection: Connection) -> None:
        """It counts until it leaves."""
        self.accepted += 1
        self.connections.add(connection)
        self.empty.clear()

    def begin(self, connection: Connection) -> bool:
        """Whether its address may have one more unrecognised connection; then it counts as one."""
        source = source_of(connection.address)
        trusted = self._counted[Standing.RECOGNISED][source]
        if self._counted[Standing.UNRECOGNISED][source] >= self._limits.per_address + trusted:
            self.refuse(Refusal.PER_ADDRESS)
            return False
        self._count(connection, Standing.UNRECOGNISED)
        return True

    def recognised(self, connection: Connection) -> None:
        """It lets its address have one more unrecognised connection."""
        self._count(connection, Standing.RECOGNISED)

    def leave(self, connection: Connection) -> None:
        """It is closed; may be told twice."""
        self._count(connection, Standing.OUTSIDE)
        self.connections.discard(connection)
        if not self.connections:
            self.empty.set()

    def _count(self, connection: Connection, standing: Standing) -> None:
        source = source_of(connection.address)
        if connection.standing in self._counted:
            before = self._counted[connection.standing]
            before[source] -= 1
            if not before[source]:
                del before[source]
        connection.standing = standing
        if standing in self._counted:
            self._counted[standing][source] += 1
