"""What a key sees: usage points, meters and lines of its service centres and districts."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from metering.areas import EVERYWHERE, Area
from storage.keys import REQUESTS_PER_MINUTE, ApiKey, ApiKeys, Place
from storage.pool import Database
from storage.usage_points import Registry

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


async def made(database: Database, **limits: object) -> ApiKey:
    _, plain = await ApiKeys(database).create("billing", ["billing:read"], **limits)  # type: ignore[arg-type]
    found = await ApiKeys(database).find(plain)
    assert found is not None
    return found


async def house(database: Database, number: int, centre: str, district: str, line: int) -> tuple[int, int]:
    """A house with one usage point and its meter; their ids."""
    registry = Registry(database)
    site = await registry.add_site(f"S{number}", "House", district=district, service_centre=centre)
    point = await registry.add_usage_point(f"P{number}", "Heat", site, "+05:00")
    meter = await registry.add_meter(f"{number:08}", "elf-04", str(number), line, "+05:00")
    await registry.install(point, meter, 1, LONG_AGO)
    return point, meter


async def test_what_is_said_of_a_key_is_kept(database: Database) -> None:
    key = await made(database, service_centres=["North"], districts=["Medeu"], requests_per_minute=5)
    assert key.area == Area(("North",), ("Medeu",))
    assert key.requests_per_minute == 5
    (listed,) = await ApiKeys(database).list()
    assert listed == key


async def test_a_key_of_which_nothing_is_said_sees_everything(database: Database) -> None:
    key = await made(database)
    assert key.area == EVERYWHERE
    assert key.requests_per_minute == REQUESTS_PER_MINUTE
    assert await ApiKeys(database).lies_in(key.area, Place.METER, 4711)


@pytest.mark.parametrize(
    ("limits", "seen"),
    [
        ({"service_centres": ["North"]}, [True, True, False]),
        ({"districts": ["Medeu"]}, [True, False, True]),
        ({"service_centres": ["North"], "districts": ["Medeu"]}, [True, False, False]),
        ({"service_centres": ["North", "South"]}, [True, True, True]),
        ({"service_centres": ["East"]}, [False, False, False]),
    ],
    ids=str,
)
async def test_points_meters_and_lines_are_seen_by_place(
    database: Database, limits: dict[str, list[str]], seen: list[bool]
) -> None:
    places = [("North", "Medeu"), ("North", "Bostandyk"), ("South", "Medeu")]
    lines = [await Registry(database).add_line(f"tcp://10.0.0.{n}:1", f"10.0.0.{n}:1") for n in range(3)]
    houses = [await house(database, n, *places[n], lines[n]) for n in range(3)]
    keys, key = ApiKeys(database), await made(database, **limits)
    assert [await keys.lies_in(key.area, Place.USAGE_POINT, point) for point, _ in houses] == seen
    assert [await keys.lies_in(key.area, Place.METER, meter) for _, meter in houses] == seen
    assert [await keys.lies_in(key.area, Place.LINE, line) for line in lines] == seen


async def test_a_line_on_which_another_centre_has_meters_is_not_seen(database: Database) -> None:
    line = await Registry(database).add_line("tcp://10.0.0.1:1", "10.0.0.1:1")
    _, own = await house(database, 1, "North", "", line)
    _, other = await house(database, 2, "South", "", line)
    keys, key = ApiKeys(database), await made(database, service_centres=["North"])
    assert not await keys.lies_in(key.area, Place.LINE, line)
    assert (
        await keys.lies_in(key.area, Place.METER, own),
        await keys.lies_in(key.area, Place.METER, other),
    ) == (True, False)


@pytest.mark.parametrize("place", Place)
async def test_what_does_not_exist_is_nowhere(database: Database, place: Place) -> None:
    key = await made(database, service_centres=["North"])
    identifier = UUID(int=4711) if place in (Place.POLL, Place.POLL_REQUEST) else 4711
    assert not await ApiKeys(database).lies_in(key.area, place, identifier)
