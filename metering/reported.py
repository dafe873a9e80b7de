"""Readings that people report where no modem speaks, or where somebody doubts one that does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class ReportSource(StrEnum):
    """By which way a reading came in, in the words of the readings-entry report."""

    WHATSAPP = "whatsapp"
    WEB_ACCOUNT = "web_account"
    MOBILE_APP = "mobile_app"
    ANSWERING_MACHINE = "answering_machine"
    SMS = "sms"
    E_MAIL = "e_mail"
    CALL_CENTRE = "call_centre"
    SERVICE_DESK = "service_desk"
    PAPER = "paper"
    SITE_VISIT = "site_visit"


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody told: a register's level, in the unit that stood beside it.

    `meter_id`, `circuit` None: the only ones installed there at that instant; `quantity` None: that by which
    the point is billed; `unit` None: the canonical one.
    """

    at: datetime
    value: Decimal
    source: ReportSource
    unit: str | None = None
    quantity: str | None = None
    meter_id: int | None = None
    circuit: int | None = None
    reported_by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Who took a reading back, when and why."""

    at: datetime
    by: str
    because: str


@dataclass(frozen=True, slots=True)
class ReportedReading:
    """A reported level as it is stored, `value` in its quantity's canonical unit.

    `withdrawn`: it counts no more; it stays on record.
    """

    id: int
    usage_point_id: int
    meter_id: int
    circuit: int
    quantity: str
    at: datetime
    value: Decimal
    raw_value: Decimal
    raw_unit: str
    factor: Decimal
    factor_set: str
    source: ReportSource
    reported_by: str
    entered_by: str
    entered_at: datetime
    note: str
    withdrawn: Withdrawal | None = None
