"""How outcomes of polls come about for real on a line of three meters: what is done to the middle one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from collector.known_models import model_rows
from metering.calendar import ArchiveKind
from metering.plans import KindPlan, PollPlan
from metering.polls import Outcome
from metering.requests import PollRequest, RequestKind
from storage.models import Models
from storage.plans import PlanOwner, Plans
from storage.poll_requests import PollRequests
from storage.pool import Database
from teplo.composition import clock, open_link
from teplo.demo.site import RegisteredMeter
from tests.support.mischief import (
    Mischief,
    as_it_is,
    cut_in_archives,
    cut_within,
    damaged,
    locked,
    nothing,
    refusing,
    senseless,
)
from tests.system.house import collector, line, serve

OFTEN = timedelta(milliseconds=1)
ALWAYS_DUE = PollPlan(OFTEN, OFTEN, {ArchiveKind.HOUR: KindPlan(1)}, polls_per_day=0)
"""Whoever is served is asked; a TV7 wants a pause before each archive record."""
TV7S: Final = line(
    "modbus-rtu", "termotronic-tv7 520117 1", "termotronic-tv7 520118 2", "termotronic-tv7 520119 3"
).replace("gap=0.05&quiet=0", "gap=0.01&quiet=0&modbus.systems=1")
PULSARS: Final = line(
    "pulsar", *(f"teplovodokhran-pulsar-10m {serial} '{serial}'" for serial in (12345670, 12345671, 12345672))
)
MIDDLE: Final = 1
PULSAR: Final = bytes.fromhex("12345671")
UNIT: Final = b"\x02"


@dataclass(frozen=True, slots=True)
class Scene:
    """A line of three meters that is about to be served; `middle` is the one that something is done to."""

    database: Database
    line_id: int
    meters: tuple[RegisteredMeter, ...]

    @property
    def middle(self) -> RegisteredMeter:
        return self.meters[MIDDLE]

    @property
    def neighbours(self) -> tuple[RegisteredMeter, ...]:
        return self.meters[:MIDDLE] + self.meters[MIDDLE + 1 :]

    async def poll(self, **tools: Any) -> None:
        """What a job of the queue does."""
        await serve(collector(self.database, plan=ALWAYS_DUE, **tools), self.line_id)

    async def tamper(self, statement: str) -> None:
        """`$1` is the middle meter."""
        await self.database.rows(statement, self.middle.meter_id)

    async def ask(self, kind: RequestKind = RequestKind.NOW, **particulars: Any) -> PollRequest:
        """An engineer's wish to the middle meter."""
        wish = PollRequest(uuid4(), self.middle.meter_id, kind, "engineer", clock(), **particulars)
        return (await PollRequests(self.database).ask(wish)).request


async def _nothing(scene: Scene) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class End:
    """`told`: what the poll's message says, in this order. `prepared` gives the tools of the collector."""

    told: str
    mischief: Mischief = as_it_is
    prepared: Callable[[Scene], Awaitable[Mapping[str, Any]]] = _nothing
    line: str = field(default=TV7S)
    address: bytes = UNIT


async def _registered_as_another(scene: Scene) -> Mapping[str, Any]:
    await scene.tamper("update meter set serial = '520999' where id = $1")
    return {}


async def _registered_as_no_model(scene: Scene) -> Mapping[str, Any]:
    await scene.tamper("update meter set model = 'termotronic-tv9' where id = $1")
    return {}


async def _set_anew(scene: Scene) -> Mapping[str, Any]:
    await scene.poll()
    await scene.tamper(
        "update meter_state set configuration = jsonb_set(configuration, '{units}', '\"MKS\"') "
        "where meter_id = $1"
    )
    return {}


async def _stood_higher(scene: Scene) -> Mapping[str, Any]:
    await scene.poll()
    await scene.tamper(
        "update snapshot_value set raw_value = raw_value + 1e6, value = value + 1e6 "
        "where meter_id = $1 and quantity = 'energy_heating'"
    )
    return {}


async def _asked_of_the_time_before_it_was_installed(scene: Scene) -> Mapping[str, Any]:
    await Models(scene.database).tell(model_rows())
    start = clock() - timedelta(days=110)
    await scene.ask(RequestKind.ARCHIVE, archive=ArchiveKind.DAY, start=start, end=start + timedelta(days=3))
    return {}


async def _called_off_while_the_line_is_opened(scene: Scene) -> Mapping[str, Any]:
    wish = await scene.ask()

    async def opened(*line: Any) -> Any:
        await PollRequests(scene.database).cancel(wish.id, "engineer", clock())
        return await open_link(*line)

    return {"open_link": opened}


async def _asked_when_its_battery_is_spent(scene: Scene) -> Mapping[str, Any]:
    owner = PlanOwner(usage_point_id=scene.middle.usage_point_id)
    await Plans(scene.database).put(owner, {"polls_per_day": 1}, "engineer", clock())
    await scene.poll()
    await scene.ask()
    return {}


OF_METERS: Final[Mapping[Outcome, End]] = {
    Outcome.OK: End(r"^$"),
    Outcome.PARTLY_READ: End(r"was cut from the other end: check .* power", cut_in_archives),
    Outcome.LINE_LOST: End(r"was cut from the other end: check .* power", cut_within),
    Outcome.METER_SILENT: End(r"no answer .* the meter is silent\. Check its address, its power", nothing),
    Outcome.TRANSFER_ERRORS: End(r"what came, .*, is noise: check baud rate and parity", damaged),
    Outcome.WRONG_METER: End(
        r"520118 answered at address 2, but 520999 is registered .* Likely .* accept the new meter",
        prepared=_registered_as_another,
    ),
    Outcome.WRONG_SETTINGS: End(
        r"no model 'termotronic-tv9'; did you mean termotronic-tv7", prepared=_registered_as_no_model
    ),
    Outcome.METER_BUSY: End(r"refused .* code 06h: it is busy; ask again in the next cycle", refusing(0x06)),
    Outcome.ACCESS_DENIED: End(
        r"writing is locked; a password must be given at the meter first",
        locked,
        line=PULSARS,
        address=PULSAR,
    ),
    Outcome.REFUSED: End(r"refused .* code 01h: .* check that the model is the registered", refusing(0x01)),
    Outcome.NOT_UNDERSTOOD: End(
        r"date 2255-255-255 .* does not exist.* Likely another model .* check the model", senseless
    ),
    Outcome.CONFIGURATION_CHANGED: End(
        r"settings are not those .* waits in quarantine: compare the settings", prepared=_set_anew
    ),
    Outcome.REGISTER_RESET: End(
        r"register stands lower .* likely it was reset, repaired or replaced; accept", prepared=_stood_higher
    ),
    Outcome.CLOCK_WRONG: End(
        r"clock is further off than allowed\. .* quarantine: set the clock",
        line=TV7S.replace("address = 2\n", "address = 2\ndrift = 5400\n"),
    ),
    Outcome.ARCHIVE_ABSENT: End(
        r"has no day record of what was asked for. Likely .*: compare the depth",
        prepared=_asked_of_the_time_before_it_was_installed,
    ),
    Outcome.CANCELLED: End(
        r"Whoever asked for this called it off", prepared=_called_off_while_the_line_is_opened
    ),
    Outcome.OVER_BUDGET: End(
        r"was not asked: its budget of battery is spent\. The next poll is due at \d{4}-\d\d-\d\d \d\d:\d\d",
        prepared=_asked_when_its_battery_is_spent,
    ),
}
"""By what is done to the meter in the middle."""
