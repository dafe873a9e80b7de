"""A meter is replaced in one act: installations, polling, and the registers of both meters at that moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from metering.errors import ConfigurationError, ReadingConflict, UnitError
from metering.meters import MeterIdentity
from metering.polls import HoldReason, Outcome
from metering.quantities import quantity
from metering.readings import Flag, MeterValue
from metering.requests import PollRequest, RequestKind, RequestState
from storage.boundary_registers import BoundaryRegister, Side, of_meters
from storage.decisions import Act, Decisions
from storage.journal import Journal
from storage.poll_requests import PollRequests
from storage.polls import Polls
from storage.pool import Database, acting
from storage.registered import Installation
from storage.replacements import NewMeter, Replacement, Replacements
from storage.usage_points import Registry
from tests.support.registry import DAY, HOUR, START, Place, place, reading, report, snapshot

AT = START + 10 * DAY
BY = "A. Serikova"
NEW = NewMeter("99000001")


def told(value: str, unit: str = "Gcal", name: str = "energy_heating", circuit: int = 1) -> MeterValue:
    return MeterValue(quantity(name), unit, Decimal(value), circuit=circuit)


def act(spot: Place, **particulars: object) -> Replacement:
    usual = Replacement(spot.meter, NEW, AT, BY, AT + DAY, (told("120.5"),), (told("0.001"),), "act 17")
    return replace(usual, **particulars)  # type: ignore[arg-type]


def brief(registers: tuple[BoundaryRegister, ...] | list[BoundaryRegister]) -> list[tuple[object, ...]]:
    return [(one.side, one.meter_id, one.quantity, str(one.value), one.poll_id) for one in registers]


async def live(database: Database, meter: int, at: datetime, level: str, *flags: Flag) -> UUID:
    """A poll that read the registers of heat and mass at this instant."""
    values = reading(level, flags=flags), reading(f"{level}00", "mass")
    sent = report(meter, at=at, snapshots=[snapshot(at, *values)])
    await Polls(database).save(sent)
    return sent.id


async def test_one_act_exchanges_the_meters(database: Database) -> None:
    spot, registry = await place(database), Registry(database)
    acting(BY)
    done = await Replacements(database).replace(act(spot))
    assert done.usage_points == (spot.usage_point,)
    assert await registry.installations(spot.usage_point) == [
        Installation(spot.usage_point, spot.meter, 1, START, AT),
        Installation(spot.usage_point, done.meter_id, 1, AT, None),
    ]
    old, new = await registry.meter(spot.meter), await registry.meter(done.meter_id)
    assert old is not None and not old.polled
    assert new is not None and new.polled
    assert (new.serial, new.model, new.address, new.line_id, new.zone) == (
        "99000001", old.model, old.address, old.line_id, old.zone
    )  # fmt: skip
    assert brief(done.registers) == [
        (Side.CLOSING, spot.meter, "energy_heating", "120.5", None),
        (Side.OPENING, done.meter_id, "energy_heating", "0.001", None),
    ]
    journalled = {(one.subject, one.changed_by) for one in await Journal(database).changes(limit=6)}
    assert journalled == {(subject, BY) for subject in ("meter", "installation", "boundary_register")}


async def test_registers_come_from_live_polls_where_there_are_any(database: Database) -> None:
    spot, registry = await place(database), Registry(database)
    new = await registry.add_meter(
        NEW.serial, "kamstrup-multical-403", "7", spot.line, "+05:00", polled=False
    )
    await live(database, spot.meter, AT - 5 * HOUR, "118")
    newest = await live(database, spot.meter, AT - HOUR, "119")
    await live(database, spot.meter, AT - HOUR / 2, "999", Flag.IMPLAUSIBLE)
    first = await live(database, new, AT + HOUR, "2")
    await live(database, new, AT + 2 * HOUR, "3")
    done = await Replacements(database).replace(act(spot, closing=(), opening=()))
    energy = [one for one in brief(done.registers) if one[2] == "energy_heating"]
    assert energy == [
        (Side.CLOSING, spot.meter, "energy_heating", "119", newest),
        (Side.OPENING, new, "energy_heating", "2", first),
    ]
    async with database.connection() as connection:
        assert await of_meters(connection, [spot.meter, new]) == list(done.registers)


async def test_what_a_person_read_off_wins_over_a_poll(database: Database) -> None:
    spot = await place(database)
    await live(database, spot.meter, AT - HOUR, "119")
    done = await Replacements(database).replace(act(spot))
    closing = {
        one.quantity: (str(one.value), one.poll_id is None) for one in done.registers if one.side == "closing"
    }
    assert closing["energy_heating"] == ("120.5", True)
    assert closing["mass"][1] is False


async def test_what_is_read_off_is_converted_by_the_points_factors(database: Database) -> None:
    """Kyivenergo: 1 MWh = 0.8598 Gcal (domain.md, section 5)."""
    spot, registry = await place(database), Registry(database)
    point = await registry.usage_point(spot.usage_point)
    assert point is not None
    await registry.add_usage_point(point.code, point.name, point.site_id, "+05:00", factor_set="kyivenergo")
    done = await Replacements(database).replace(act(spot, closing=(told("100", "MWh"),)))
    closing, _ = done.registers
    assert (closing.value, closing.raw_value, closing.raw_unit, closing.factor_set) == (
        Decimal("85.98"), Decimal(100), "MWh", "kyivenergo"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("particulars", "error", "word"),
    [
        ({"closing": ()}, ConfigurationError, "the closing register energy_heating of circuit 1"),
        ({"opening": ()}, ConfigurationError, "the opening register energy_heating of circuit 1"),
        ({"closing": (told("1", "m3"),)}, UnitError, "m3"),
        ({"at": AT + 2 * DAY}, ConfigurationError, "lies ahead"),
        ({"at": START - DAY}, ReadingConflict, "installed later"),
        ({"new": NewMeter("00000001")}, ReadingConflict, "in use already"),
        ({"new": replace(NEW, line_id=99)}, ConfigurationError, "Line 99"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_an_act_that_cannot_be_leaves_everything_as_it_was(
    database: Database, particulars: dict[str, object], error: type[Exception], word: str
) -> None:
    spot = await place(database)
    before = await Journal(database).changes()
    with pytest.raises(error, match=word):
        await Replacements(database).replace(act(spot, **particulars))
    assert await Journal(database).changes() == before


async def test_an_old_poll_is_no_live_one(database: Database) -> None:
    spot = await place(database)
    await live(database, spot.meter, AT - timedelta(hours=6), "119")
    with pytest.raises(ConfigurationError, match="within 6:00:00"):
        await Replacements(database).replace(act(spot, closing=()))


async def test_the_same_meter_is_not_replaced_twice(database: Database) -> None:
    spot = await place(database)
    await Replacements(database).replace(act(spot))
    with pytest.raises(ReadingConflict, match="not installed anywhere now"):
        await Replacements(database).replace(act(spot))


async def test_an_address_in_use_is_refused(database: Database) -> None:
    spot = await place(database)
    await Registry(database).add_meter("5", "kamstrup-multical-403", "9", spot.line, "+05:00")
    with pytest.raises(ReadingConflict, match="address 9"):
        await Replacements(database).replace(act(spot, new=replace(NEW, address="9")))


async def test_who_asked_the_old_meter_is_told(database: Database) -> None:
    spot, requests = await place(database), PollRequests(database)
    asked = PollRequest(UUID(int=5), spot.meter, RequestKind.NOW, BY, AT)
    await requests.ask(asked)
    await Replacements(database).replace(act(spot))
    found = await requests.get(asked.id)
    assert found is not None
    assert (found.state, "99000001" in found.message) == (RequestState.REFUSED, True)


async def test_a_meter_that_was_accepted_from_quarantine_has_its_registers(database: Database) -> None:
    spot = await place(database)
    last = await live(database, spot.meter, AT - HOUR, "119")
    sent = report(
        spot.meter,
        at=AT,
        snapshots=[snapshot(AT + timedelta(seconds=1), reading("0.5"))],
        particulars={"held": HoldReason.NEW_METER, "identity": MeterIdentity("99000001", "KAM")},
    )
    await Polls(database).save(replace(sent, outcome=Outcome.WRONG_METER))
    decided = await Decisions(database).accept(Act(spot.meter, HoldReason.NEW_METER, BY, AT + DAY, "act 18"))
    async with database.connection() as connection:
        registers = await of_meters(connection, [spot.meter, decided.meter_id])
    assert [one for one in brief(registers) if one[2] == "energy_heating"] == [
        (Side.CLOSING, spot.meter, "energy_heating", "119", last),
        (Side.OPENING, decided.meter_id, "energy_heating", "0.5", sent.id),
    ]
    assert {(one.at, one.entered_by, one.note) for one in registers} == {(AT, BY, "act 18")}
