"""Asks the demo's API for the heat of a period as billing would, and compares it with the plant."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from metering.calendar import ArchiveKind, MeterZone, slots
from metering.errors import DecodeError
from simulators.truth import Truth, Truths
from storage.readings import Readings
from teplo.demo.site import RegisteredMeter

ENERGY = ("energy_heating", 1)
PATIENCE = 30
MOMENT = timedelta(microseconds=1)
_COMPARED = ("measured", "calculated")


@dataclass(slots=True)
class Bill:
    """Sums over all points that could be billed; `wrong` names those that differ from the plant.

    `resolution`: by how much the registers' finite steps alone let the sums differ. `absent` points have no
    register at the period's start, because their meters keep no history; they were answered as absent, or as
    estimated, with the reason.
    """

    points: int = 0
    absent: int = 0
    billed: Decimal = Decimal(0)
    true: Decimal = Decimal(0)
    resolution: Decimal = Decimal(0)
    wrong: list[str] = field(default_factory=list)

    def add(self, serial: str, billed: Decimal, opening: Truth, closing: Truth) -> None:
        """A point was billed between registers for which the plant has these levels."""
        true, resolution = closing.value - opening.value, opening.tolerance + closing.tolerance
        self.points += 1
        self.billed += billed
        self.true += true
        self.resolution += resolution
        if abs(billed - true) > resolution:
            self.wrong.append(f"{serial}: billed {billed}, true {true}")


class BillingClient:
    """The billing side: knows a base address and a key, nothing else of us."""

    def __init__(self, base: str, key: str) -> None:
        self._base = base
        self._key = key

    async def consumption(self, start: datetime, end: datetime) -> list[Mapping[str, Any]]:
        """The answers for all usage points, page after page."""
        lines: list[Mapping[str, Any]] = []
        query = {"from": start.isoformat(), "to": end.isoformat(), "limit": "100"}
        cursor: str | None = ""
        while cursor is not None:
            page = await asyncio.to_thread(self._get, query | ({"cursor": cursor} if cursor else {}))
            lines.extend(page["items"])
            cursor = page["next_cursor"]
        return lines

    def _get(self, query: Mapping[str, str]) -> Any:
        url = f"{self._base}/api/v1/consumption?{urlencode(query)}"
        request = Request(url, headers={"Authorization": f"Bearer {self._key}"})
        with urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)


async def compare_billed(
    meters: Mapping[int, RegisteredMeter], readings: Readings, lines: list[Mapping[str, Any]]
) -> Bill:
    """Every billed line against the plant at the two instants that the line itself names."""
    bill = Bill()
    for line in lines:
        registered = meters[line["usage_point_id"]]
        serial = registered.meter.serial
        if line["status"] not in _COMPARED:
            bill.absent += 1
            if _had_opening(registered, line["period"]["from"]):
                reasons = "; ".join(reason["text"] for reason in line["reasons"])
                bill.wrong.append(f"{serial}: {line['status']}, {reasons}")
            continue
        opening = await _truth(registered, readings, line["opening"])
        closing = await _truth(registered, readings, line["closing"])
        bill.add(serial, Decimal(line["consumption"]["value"]), opening, closing)
    return bill


def _had_opening(registered: RegisteredMeter, start: str) -> bool:
    """Whether the meter itself keeps the register of the period's start; some keep no history at all."""
    moment = MeterZone(registered.meter.zone).to_meter_time(datetime.fromisoformat(start))
    truths = registered.meter.truth_archive(ArchiveKind.TOTAL, moment)
    return truths is not None and ENERGY in truths


async def _truth(registered: RegisteredMeter, readings: Readings, boundary: Mapping[str, Any]) -> Truth:
    """The plant's level at a boundary: at the register that it rests on, and of the hours between the two."""
    (register,) = boundary["registers"]
    truth = await _register_truth(registered, readings, register)
    records = boundary["records"]
    if records is None:
        return truth
    sign = 1 if records["end"] > register["at"] else -1
    hours = _hour_truths(registered, *(datetime.fromisoformat(records[edge]) for edge in ("start", "end")))
    return Truth(
        truth.value + sign * sum((one.value for one in hours), Decimal(0)),
        truth.tolerance + sum((one.tolerance for one in hours), Decimal(0)),
    )


def _hour_truths(registered: RegisteredMeter, start: datetime, end: datetime) -> list[Truth]:
    zone = MeterZone(registered.meter.zone)
    hours = slots(ArchiveKind.HOUR, zone.to_meter_time(start), zone.to_meter_time(end))
    told = [registered.meter.truth_archive(ArchiveKind.HOUR, hour.start) for hour in hours]
    if not all(told):
        raise DecodeError(f"Billing adds hours of {registered.meter.serial} that it does not keep.")
    return [truths[ENERGY] for truths in told if truths]


async def _register_truth(
    registered: RegisteredMeter, readings: Readings, register: Mapping[str, Any]
) -> Truth:
    """The plant's level at the instant of a register; a register of no such record is a DecodeError."""
    at = datetime.fromisoformat(register["at"])
    truths = (
        registered.meter.truth_archive(ArchiveKind.TOTAL, MeterZone(registered.meter.zone).to_meter_time(at))
        if register["source"] == "total"
        else await _snapshot_truths(registered, readings, at)
    )
    if not truths or ENERGY not in truths:
        raise DecodeError(f"Billing names a register of {registered.meter.serial} at {at} that is not there.")
    return truths[ENERGY]


async def _snapshot_truths(registered: RegisteredMeter, readings: Readings, at: datetime) -> Truths | None:
    values = await readings.snapshots(registered.meter_id, at, at + MOMENT)
    meter_time = values[0].meter_time if values else None
    return registered.meter.truth_snapshot(meter_time) if meter_time else None
