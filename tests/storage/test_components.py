"""Components of meters: one of each kind at a time, and what was valid before stays known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from metering.components import Component, ComponentKind
from metering.errors import ConfigurationError
from storage.components import Components, StoredComponent
from storage.pool import Database
from tests.support.registry import place

FIRST = StoredComponent(
    Component(ComponentKind.FLOW_SUPPLY, "ПРЭМ-32", "104512", "A-17", date(2022, 3, 1), date(2026, 3, 1)),
    since=date(2022, 3, 5),
)


async def test_a_component_is_fitted_and_changed(database: Database) -> None:
    components, meter = Components(database), (await place(database)).meter
    await components.put(meter, FIRST)
    assert await components.of_meter(meter) == [FIRST]
    sealed = StoredComponent(Component(ComponentKind.FLOW_SUPPLY, "ПРЭМ-32", "104512", "A-18"), FIRST.since)
    await components.put(meter, sealed)
    assert await components.of_meters([meter, meter + 1]) == {meter: [sealed]}


async def test_a_new_verification_leaves_the_one_before_on_record(database: Database) -> None:
    components, meter = Components(database), (await place(database)).meter
    await components.put(meter, FIRST)
    verified = Component(
        ComponentKind.FLOW_SUPPLY, "ПРЭМ-32", "104512", "B-2", date(2026, 5, 10), date(2030, 5, 10)
    )
    await components.put(meter, StoredComponent(verified, date(2026, 5, 10)))
    before, now = await components.of_meter(meter)
    assert (before.component, before.until) == (FIRST.component, date(2026, 5, 10))
    assert (now.component, now.until) == (verified, None)


async def test_days_without_a_verification_are_not_written_over(database: Database) -> None:
    components, meter = Components(database), (await place(database)).meter
    await components.put(meter, FIRST)
    anew = replace(FIRST.component, verified_on=date(2026, 3, 2), verification_due=date(2030, 3, 2))
    with pytest.raises(ConfigurationError, match=r"until 2026-03-01 .* since = 2026-03-02"):
        await components.put(meter, StoredComponent(anew, FIRST.since))
    assert await components.of_meter(meter) == [FIRST]
    in_time = replace(anew, verified_on=date(2026, 3, 1))
    await components.put(meter, StoredComponent(in_time, FIRST.since))


@pytest.mark.parametrize(
    "wrong",
    [
        StoredComponent(FIRST.component, date(2021, 1, 1), date(2023, 1, 1)),
        StoredComponent(FIRST.component, date(2023, 1, 1), date(2023, 1, 1)),
        StoredComponent(
            Component(ComponentKind.CALCULATOR, "ВКТ-7", "1", "", date(2023, 1, 2), date(2023, 1, 1)),
            date(2023, 1, 1),
        ),
    ],
    ids=["over a later one", "of no day", "due before it was verified"],
)
async def test_what_cannot_be_is_refused_and_nothing_is_stored(
    database: Database, wrong: StoredComponent
) -> None:
    components, meter = Components(database), (await place(database)).meter
    await components.put(meter, FIRST)
    with pytest.raises(ConfigurationError, match=wrong.component.serial):
        await components.put(meter, wrong)
    assert await components.of_meter(meter) == [FIRST]


async def test_what_came_before_ends_where_the_next_one_starts(database: Database) -> None:
    components, meter = Components(database), (await place(database)).meter
    earlier = StoredComponent(Component(ComponentKind.FLOW_SUPPLY, "ПРЭМ-20", "7"), date(2018, 1, 1))
    for one in (FIRST, earlier, FIRST, earlier):
        await components.put(meter, one)
    assert await components.of_meter(meter) == [replace(earlier, until=FIRST.since), FIRST]


async def test_a_component_needs_its_meter(database: Database) -> None:
    with pytest.raises(ConfigurationError, match="not registered"):
        await Components(database).put(1, FIRST)
