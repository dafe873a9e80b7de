"""The book of a pool in memory. It passes the same conformance suite as the one in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from collector.transcript import Clock
from metering.calls import Call
from metering.modems import ModemIdentity
from metering.signals import SignalLevel
from storage.modem_rows import LeasedModem, RestingModem

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class FakeModem:
    """A modem's entry; `identity` and `last_contact_at` are what its last holder said."""

    id: int
    pool: str
    url: str
    pin: str = ""
    failures: int = 0
    fault: str = ""
    rest_until: datetime | None = None
    holder: str | None = None
    lent_until: datetime = NEVER
    used_at: datetime = NEVER
    identity: ModemIdentity = field(default_factory=ModemIdentity)
    last_contact_at: datetime | None = None

    def free(self, now: datetime) -> bool:
        """Whether nobody holds it and it does not rest."""
        return self.lent_until <= now and (self.rest_until is None or self.rest_until <= now)


class FakeBook:
    """Pools, calls and signal levels; `collector` reaches a pool alone where one is given."""

    def __init__(self, now: Clock) -> None:
        self._now = now
        self.modems: dict[int, FakeModem] = {}
        self.calls: list[Call] = []
        self.levels: list[tuple[int, SignalLevel]] = []
        self._owners: dict[str, str | None] = {}

    async def add_pool(self, name: str, collector: str | None = None) -> None:
        self._owners[name] = collector

    async def add_own(self, pool: str, url: str, *, pin: str = "") -> int:
        number = len(self.modems) + 1
        self.modems[number] = FakeModem(number, pool, url, pin)
        return number

    async def time(self) -> datetime:
        return self._now()

    async def lease(self, pool: str, collector: str, now: datetime, until: datetime) -> LeasedModem | None:
        if self._owners.get(pool) not in (None, collector):
            return None
        free = [modem for modem in self.modems.values() if modem.pool == pool and modem.free(now)]
        if not free:
            return None
        modem = min(free, key=lambda each: (each.used_at, each.id))
        modem.holder, modem.lent_until, modem.used_at, modem.rest_until = collector, until, now, None
        return LeasedModem(modem.id, modem.url, modem.pin, modem.failures)

    async def renew(self, modem_id: int, collector: str, until: datetime) -> bool:
        modem = self.modems[modem_id]
        if modem.holder == collector:
            modem.lent_until = until
        return modem.holder == collector

    async def release(
        self,
        modem_id: int,
        collector: str,
        *,
        rest_until: datetime | None = None,
        failures: int = 0,
        fault: str = "",
        identity: ModemIdentity | None = None,
        last_contact_at: datetime | None = None,
        pin_refused: bool = False,
    ) -> None:
        modem = self.modems[modem_id]
        if modem.holder != collector:
            return
        modem.holder, modem.lent_until = None, NEVER
        modem.pin = "" if pin_refused else modem.pin
        modem.rest_until, modem.failures, modem.fault = rest_until, failures, fault
        modem.identity = identity or modem.identity
        modem.last_contact_at = last_contact_at or modem.last_contact_at

    async def resting(self, pool: str) -> Sequence[RestingModem]:
        resting = [
            RestingModem(modem.url, modem.fault, modem.rest_until)
            for modem in self.modems.values()
            if modem.pool == pool and modem.rest_until is not None and modem.holder is None
        ]
        return sorted(resting, key=lambda modem: modem.rest_until)

    async def save(self, call: Call) -> None:
        if call.id not in {known.id for known in self.calls}:
            self.calls.append(call)

    async def add(self, modem_id: int, levels: Sequence[SignalLevel]) -> None:
        self.levels += [(modem_id, level) for level in levels]
