"""What registers gained between two records, by arithmetic written here."""

from __future__ import annotations

from decimal import Decimal

import pytest

from metering.quantities import quantity
from metering.readings import Absence, MeterValue
from protocols.levels import amounts, registers


def heat(value: str | None, unit: str = "Gcal", circuit: int = 1) -> MeterValue:
    absence = Absence.INVALID_MARK if value is None else None
    return MeterValue(quantity("energy_heating"), unit, Decimal(value) if value else None, absence, circuit)


WARM = MeterValue(quantity("temperature_supply"), "°C", Decimal("84.5"))


def test_a_register_becomes_what_it_gained_and_a_mean_stays() -> None:
    assert amounts((heat("15.75"), WARM), (heat("15.5"), WARM)) == (heat("0.25"), WARM)


@pytest.mark.parametrize(
    "opening",
    [
        pytest.param((), id="no record before"),
        pytest.param((heat(None),), id="no number before"),
        pytest.param((heat("16"),), id="totals were cleared meanwhile"),
        pytest.param((heat("15", circuit=2),), id="another circuit's"),
        pytest.param((heat("15", unit="GJ"),), id="the unit was changed meanwhile"),
    ],
)
def test_without_a_level_to_count_from_there_is_no_amount(opening: tuple[MeterValue, ...]) -> None:
    (amount,) = amounts((heat("15.75"),), opening)
    assert (amount.value, amount.absence) == (None, Absence.NO_DATA)


def test_an_absent_level_keeps_its_own_reason() -> None:
    assert amounts((heat(None),), (heat("1"),)) == (heat(None),)


def test_a_total_record_holds_registers_alone() -> None:
    assert registers((heat("1"), WARM)) == (heat("1"),)
