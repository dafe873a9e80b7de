"""What the database says of modems: our own ones in their pools, and those at the meters."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from metering.modems import ModemIdentity


class ModemKind(StrEnum):
    """At which end of the call a modem is."""

    OWN = "own"
    REMOTE = "remote"


class ModemState(StrEnum):
    """What a modem is doing now, by the database's clock."""

    FREE = "free"
    IN_CALL = "in_call"
    RESTING = "resting"
    """Ours; it failed and is left alone for a while."""
    CONNECTED = "connected"
    """To a collector that is alive."""
    AWAY = "away"
    """It should have connected to us."""
    ON_DEMAND = "on_demand"
    """We call it, or connect to it, when something is due."""


@dataclass(frozen=True, slots=True)
class Modem:
    """What is known of a modem; "" is what is not.

    `identity`: an own one's URL, else its line's endpoint. `allowance`: bytes in a month of the SIM's plan,
    which starts on the day `month_starts_on`. `address`: the network address from which it last connected.
    `held_by`: the collector to which it is connected. `failures` in a row and the last `fault` are our own's.
    """

    id: int
    kind: ModemKind
    identity: str
    pool: str | None
    url: str | None
    line_id: int | None
    site: str
    phone: str
    imei: str
    iccid: str
    imsi: str
    operator: str
    maker: str
    model: str
    firmware: str
    allowance: int | None
    month_starts_on: int
    address: str
    created_at: datetime
    last_contact_at: datetime | None
    held_by: str | None
    held_since: datetime | None
    failures: int
    fault: str
    state: ModemState


@dataclass(frozen=True, slots=True)
class LeasedModem:
    """A modem of ours that is the caller's alone until the lease ends; `failures` in a row so far.

    `pin`: "" where there is none, or where the SIM card refused it.
    """

    id: int
    url: str
    pin: str = field(repr=False)
    failures: int


@dataclass(frozen=True, slots=True)
class PoolSize:
    """How many modems a pool has, and the only collector that reaches them; None: any does."""

    name: str
    collector: str | None
    modems: int


@dataclass(frozen=True, slots=True)
class RestingModem:
    """Why a modem of ours is not used, and until when."""

    url: str
    fault: str
    rest_until: datetime


@dataclass(frozen=True, slots=True)
class InboundLine:
    """A line whose modem connects to us: what a listener must know of it."""

    line_id: int
    modem_id: int
    url: str
    identity: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Something was heard of a modem: bytes since the contact before, and who it said it is."""

    modem_id: int
    at: datetime
    sent: int = 0
    received: int = 0
    identity: ModemIdentity | None = None
