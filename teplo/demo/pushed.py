"""The demo's meters that nobody asks: their gateways publish to a broker within this process."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from collector.mqtt.address import BrokerAddress
from collector.mqtt.connection import connected
from protocols.push.sources import SOURCES
from simulators.push import Published, messages
from storage.pool import Database
from storage.readings import Readings
from storage.usage_points import Registry
from teplo.broker import embedded_broker
from teplo.regional_running import writer
from teplo.settings import Settings

HOURS: Final = 24
"""So many messages each meter has published before."""
ZONE: Final = "Asia/Almaty"
MODELS: Final[Mapping[str, str]] = {
    "kamheat": "kamstrup-multical-403",
    "ultraheat": "landis-gyr-uh50",
    "sharky": "diehl-sharky-775",
    "qualcosonic": "axis-sku-02-k",
    "sensostar": "engelmann-sensostar",
    "enercal": "gwf-enercal",
    "c5isf": "zenner-zelsius-c5",
    "kamstrup2mqtt": "kamstrup-multical-601",
    "chirpstack": "kamstrup-multical-403",
    "things-stack": "kamstrup-multical-403",
}
"""By sender, what hangs behind it; drivers of wmbusmeters are senders."""
WHOLE: Final = frozenset({"chirpstack", "things-stack"})
"""Senders whose records have whole kWh."""
GCAL: Final = Decimal("0.0036") / Decimal("4.1868")
"""Of one kWh: 3.6 MJ, and 4.1868 GJ are one Gcal."""
ROUNDED: Final = Decimal("1e-9")


@dataclass(frozen=True, slots=True)
class Pushed:
    """What was published, and under which ids the meters are registered, by serial number."""

    meters: Mapping[str, int]
    published: tuple[Published, ...]

    @property
    def told(self) -> dict[tuple[int, datetime], Decimal]:
        """By meter and instant the heat that was told, in Gcal; copies count once."""
        return {
            (self.meters[one.serial], one.at): _carried(one.sender, one.shown.energy) * GCAL
            for one in self.published
            if one.shown is not None
        }

    async def stored(self, readings: Readings) -> dict[tuple[int, datetime], Decimal]:
        """The registers of heat that have arrived, by meter and instant."""
        instants = [one.at for one in self.published]
        span = min(instants), max(instants) + timedelta(hours=1)
        found = [one for meter in self.meters.values() for one in await readings.snapshots(meter, *span)]
        return {
            (one.meter_id, one.read_at): one.value
            for one in found
            if one.quantity == "energy_heating" and one.value is not None
        }

    async def behind(self, readings: Readings) -> int:
        """How many meters have told more than is stored."""
        return len({meter for meter, _ in self.told.keys() - (await self.stored(readings)).keys()})

    async def compared(self, readings: Readings) -> PushedVerdict:
        """What is stored against what was published."""
        told, stored = self.told, await self.stored(readings)
        wrong = [key for key, value in stored.items() if not _is_what_was_told(value, told.get(key))]
        return PushedVerdict(len(self.meters), len(told), len(told.keys() - stored.keys()), len(wrong))


@dataclass(frozen=True, slots=True)
class PushedVerdict:
    """Counts of messages with a register."""

    meters: int
    published: int
    missing: int
    wrong: int


@asynccontextmanager
async def pushing(
    database: Database, settings: Settings, now: datetime, random: Random
) -> AsyncIterator[Pushed]:
    """A broker, a writer and ten gateways that tell their last day; until the block ends."""
    start = now.replace(microsecond=0) - timedelta(hours=HOURS)
    told = tuple(messages(start, HOURS, random))
    meters = await _register(database, told)
    reading = settings.model_copy(update={"push": " ".join(SOURCES), "writer_name": "demo"})
    async with embedded_broker(secrets.token_urlsafe()) as address:
        here, stop = writer(database, reading, address), asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(here.run(stop))
            await here.ready.wait()
            await _publish(address, told)
            try:
                yield Pushed(meters, told)
            finally:
                stop.set()


async def _register(database: Database, told: Sequence[Published]) -> dict[str, int]:
    """Each meter on the line of its source."""
    registry, lines = Registry(database), dict[str, int]()
    meters: dict[str, int] = {}
    for sender, serial in sorted({(one.sender, one.serial) for one in told}):
        source = sender if sender in SOURCES else "wmbusmeters"
        if source not in lines:
            lines[source] = await registry.add_line(f"mqtt:{source}", source)
        place = (serial, lines[source], ZONE)
        meters[serial] = await registry.add_meter(serial, MODELS[sender], *place, polled=False)
    return meters


async def _publish(address: BrokerAddress, told: Sequence[Published]) -> None:
    async with connected(address, "teplo-demo-gateways", lasting=False) as connection:
        for one in told:
            await connection.publish(one.topic, one.payload, retained=one.retained)


def _carried(sender: str, energy: Decimal) -> Decimal:
    return Decimal(int(energy)) if sender in WHOLE else energy


def _is_what_was_told(stored: Decimal, told: Decimal | None) -> bool:
    return told is not None and abs(stored - told) < ROUNDED
