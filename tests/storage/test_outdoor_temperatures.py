"""Outdoor temperatures: a centre's own mean of an hour counts before everybody's."""

from __future__ import annotations

from decimal import Decimal

import pytest

from metering.errors import ConfigurationError
from storage.outdoor_temperatures import HourMean, OutdoorTemperatures
from storage.pool import Database
from tests.support.registry import HOUR, START


async def test_a_centres_own_hours_lie_over_everybodys(database: Database) -> None:
    temperatures = OutdoorTemperatures(database)
    everywhere = {START + hour * HOUR: Decimal(-hour) for hour in range(4)}
    await temperatures.put("", everywhere, "airport")
    await temperatures.put("East", {START + HOUR: Decimal("-7.5")}, "school roof")
    await temperatures.put("East", {START + HOUR: Decimal("-8.5")}, "school roof, corrected")
    found = await temperatures.range("East", START, START + 3 * HOUR)
    assert [(one.value, one.service_centre) for one in found] == [
        (0, ""),
        (Decimal("-8.5"), "East"),
        (-2, ""),
    ]
    assert found[1] == HourMean(START + HOUR, Decimal("-8.5"), "East", "school roof, corrected")
    by_centre = await temperatures.of_centres(["East", "West"], START, START + 2 * HOUR)
    assert by_centre["East"] == {START: 0, START + HOUR: Decimal("-8.5")}
    assert by_centre["West"] == by_centre[""] == {START: 0, START + HOUR: -1}


@pytest.mark.parametrize(
    ("at", "value"), [(START + HOUR / 2, "1"), (START, "61"), (START, "-71")], ids=["half", "hot", "cold"]
)
async def test_what_is_no_mean_of_an_hour_is_refused(database: Database, at: object, value: str) -> None:
    with pytest.raises(ConfigurationError, match="means of whole hours"):
        await OutdoorTemperatures(database).put("", {at: Decimal(value)})  # type: ignore[dict-item]
