"""What a modem carried, as it is answered: bytes both ways, and their share of what the SIM's plan allows."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field

from api.schemas import Amount, percent
from storage.traffic import DayTraffic, MonthTraffic


class TrafficOut(BaseModel):
    """Bytes to the modem and from it."""

    sent: Amount = Field(examples=[{"value": "10240", "unit": "B"}])
    received: Amount = Field(examples=[{"value": "51200", "unit": "B"}])


class DayTrafficOut(TrafficOut):
    """The bytes of one UTC day."""

    day: date = Field(examples=["2026-01-31"])


class MonthTrafficOut(TrafficOut):
    """The bytes of one month of the SIM's plan: the UTC days from `start` until before `end`."""

    start: date = Field(examples=["2026-01-15"])
    end: date = Field(examples=["2026-02-15"])
    allowance: Amount | None = Field(
        examples=[{"value": "1048576", "unit": "B"}], description="What the plan allows; null: not known."
    )
    share: Amount | None = Field(
        examples=[{"value": "5.9", "unit": "%"}],
        description="Both ways together, of the allowance, to a tenth; null when that is not known or none.",
    )


def day_out(traffic: DayTraffic) -> DayTrafficOut:
    """One day as it is answered."""
    return DayTrafficOut(day=traffic.day, sent=volume(traffic.sent), received=volume(traffic.received))


def month_out(month: MonthTraffic) -> MonthTrafficOut:
    """A month of the plan as it is answered."""
    return MonthTrafficOut(
        start=month.start,
        end=month.end,
        sent=volume(month.sent),
        received=volume(month.received),
        allowance=volume(month.allowance) if month.allowance is not None else None,
        share=percent(month.sent + month.received, month.allowance),
    )


def volume(count: int) -> Amount:
    """So many bytes."""
    return Amount(value=str(count), unit="B")
