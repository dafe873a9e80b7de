"""Every change of the registry says who, when, from what to what."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from metering.components import Component, ComponentKind
from storage.components import Components, StoredComponent
from storage.journal import SUBJECTS, Journal
from storage.modems import Modems
from storage.pool import Database, acting
from storage.service_centres import ServiceCentres
from storage.usage_points import Registry
from tests.support.registry import START, Place, place

WHO = "A. Serikova"
Act = Callable[[Database, Place], Awaitable[object]]

ACTS: dict[str, Act] = {
    "service_centre": lambda database, _: ServiceCentres(database).put("Орталық", "Central"),
    "district": lambda database, _: Registry(database).add_site(
        "site-1", "Школа № 5", district="Алмалы", service_centre="Батыс"
    ),
    "site": lambda database, _: Registry(database).add_site(
        "site-1", "Школа № 6", heated_area=Decimal("1844.70")
    ),
    "usage_point": lambda database, spot: Registry(database).change_usage_point(
        spot.usage_point, {"contract": "12-345"}
    ),
    "meter": lambda database, spot: Registry(database).add_meter(
        "00000001", "kamstrup-multical-403", "2", spot.line, "+05:00"
    ),
    "installation": lambda database, spot: Registry(database).remove(
        spot.usage_point, spot.meter, datetime(2026, 2, 1, tzinfo=UTC)
    ),
    "component": lambda database, spot: Components(database).put(
        spot.meter, StoredComponent(Component(ComponentKind.CALCULATOR, "ВКТ-7", "1"), date(2026, 1, 1))
    ),
    "line": lambda database, _: Registry(database).add_line("tcp://10.0.0.9:4001", "10.0.0.9:4001"),
    "modem": lambda database, spot: Modems(database).describe(spot.line, phone="+77015550001"),
}


@pytest.mark.parametrize("subject", ACTS)
async def test_a_change_names_who_made_it(database: Database, subject: str) -> None:
    spot = await place(database)
    newest = (await Journal(database).changes(limit=1))[0].id
    acting(WHO)
    await ACTS[subject](database, spot)
    made = [one for one in await Journal(database).changes(subject) if one.id > newest]
    assert {one.changed_by for one in made} == {WHO}
    assert all(one.before != one.after for one in made)


async def test_a_change_tells_what_was_and_what_is(database: Database) -> None:
    spot = await place(database)
    await Registry(database).change_usage_point(
        spot.usage_point, {"closing_day": 25, "closing_hour": 0, "calculated_load": Decimal("0.250")}
    )
    changed, added = await Journal(database).changes("usage_point", str(spot.usage_point))
    assert changed.before is not None and changed.after is not None
    told = {
        name: (changed.before[name], now)
        for name, now in changed.after.items()
        if changed.before[name] != now
    }
    assert told == {"closing_day": (None, 25), "closing_hour": (None, 0), "calculated_load": (None, "0.250")}
    assert (added.before, added.key) == (None, str(spot.usage_point))


async def test_what_changes_nothing_is_no_change(database: Database) -> None:
    await place(database)
    before = await Journal(database).changes()
    await place(database)
    assert await Journal(database).changes() == before


async def test_secrets_and_what_collectors_write_are_not_in_the_journal(database: Database) -> None:
    await Modems(database).add_pool("main")
    await Modems(database).add_own("main", "tcp://10.0.0.7:4001", pin="1234")
    (added,) = await Journal(database).changes("modem")
    assert added.after is not None and not {"pin", "leased_by", "last_contact_at"} & added.after.keys()


async def test_pages_follow_each_other(database: Database) -> None:
    await place(database, 1)
    await place(database, 2)
    whole = await Journal(database).changes()
    first = await Journal(database).changes(limit=3)
    assert first + await Journal(database).changes(before=first[-1].id) == whole
    assert [one.subject for one in await Journal(database).changes("line")] == ["line", "line"]


async def test_every_subject_is_journalled(database: Database) -> None:
    rows = await database.rows(
        "select tgrelid::regclass::text as name from pg_trigger where tgname like 'journal_%'"
    )
    assert sorted(row["name"] for row in rows) == sorted(SUBJECTS)


async def test_who_acted_is_forgotten_with_the_connection(database: Database) -> None:
    acting(WHO)
    await place(database, installed_at=START)
    acting("")
    await Registry(database).add_site("site-9", "Shop")
    (change,) = await Journal(database).changes("site", limit=1)
    assert change.changed_by not in ("", WHO)
