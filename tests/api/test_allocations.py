"""Allocation over HTTP: the worked examples of the documents, sums to the last digit, and bounds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from api.allocations import MOST_PREMISES
from api.keys import Scope
from tests.api.conftest import Caller

ALLOCATIONS = "/api/v1/allocations"
RULES = {"energy": "200", "area": "5500"}
EXAMPLES: list[Any] = [
    pytest.param(
        "almaty_per_area",
        {"energy": "30.706", "area": "1844.70"},
        [{"name": "flat", "area": "42.8"}],
        {"tariff": "8543.26", "currency": "KZT", "rounding": "alseco"},
        ("0.712428", "6085.73 KZT"),
        id="KZ-2",
    ),
    pytest.param(
        "rules_354",
        RULES,
        [{"name": "flat", "area": "33"}, {"name": "others", "area": "2500", "own_energy": "80"}],
        {"tariff": "1392.91", "currency": "RUB", "rounding": "to_the_tenth"},
        ("1.2", "1671.5 RUB"),
        id="RU-1",
    ),
    pytest.param(
        "rules_354",
        RULES,
        [
            {"name": "flat", "area": "33", "own_energy": "1.5"},
            {"name": "others", "area": "2467", "own_energy": "78.5"},
        ],
        {"tariff": "1392.91", "currency": "RUB", "rounding": "common_to_the_hundredth"},
        ("1.644", "2284.4 RUB"),
        id="RU-2",
    ),
    pytest.param(
        "kyiv_by_area",
        {"energy": "65.09", "area": "2884.3"},
        [{"name": "flat", "area": "57.5", "already_charged": "835.70"}],
        {"tariff": "1416.96", "currency": "UAH", "rounding": "kyivenergo"},
        ("1.297603", "1003.09 UAH"),
        id="UA-1, UA-2",
    ),
]


@pytest.fixture
async def biller(caller: Caller) -> AsyncClient:
    return await caller(Scope.BILLING_READ)


def text(amount: dict[str, str]) -> str:
    return f"{amount['value']} {amount['unit']}"


def house(premises: list[dict[str, str]], **particulars: Any) -> dict[str, Any]:
    asked = {"method": "almaty_per_area", "building": {"energy": "10"}, "premises": premises}
    return asked | particulars


@pytest.mark.parametrize(("method", "building", "premises", "charging", "printed"), EXAMPLES)
async def test_worked_examples(
    biller: AsyncClient,
    method: str,
    building: dict[str, str],
    premises: list[dict[str, str]],
    charging: dict[str, str],
    printed: tuple[str, str],
) -> None:
    asked = house(premises, method=method, building=building, charging=charging)
    answer = await biller.post(ALLOCATIONS, json=asked)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    flat = found["premises"][0]
    assert (flat["energy"]["value"], text(flat["amount"])) == printed
    parts = [one["energy"] for one in found["premises"]] + [found["rest"], found["unallocated"]]
    assert sum(Decimal(part["value"]) for part in parts) == Decimal(building["energy"])


async def test_the_price_of_a_square_metre_is_told(biller: AsyncClient) -> None:
    """KZ-1."""
    charging = {"tariff": "8543.26", "currency": "KZT", "rounding": "alseco"}
    building = {"energy": "30.706", "area": "1844.70"}
    asked = house([{"name": "flat", "area": "42.8"}], building=building, charging=charging)
    printed = (await biller.post(ALLOCATIONS, json=asked)).json()
    assert text(printed["price"]) == "142.19 KZT/m2"
    asked["charging"]["rounding"] = "exact"
    exact = (await biller.post(ALLOCATIONS, json=asked)).json()
    assert exact["price"]["value"].startswith("142.2070")


async def test_without_a_tariff_there_is_no_money(biller: AsyncClient) -> None:
    premises = [{"name": str(number), "area": "50"} for number in range(3)]
    found = (await biller.post(ALLOCATIONS, json=house(premises, places=2))).json()
    assert [one["energy"]["value"] for one in found["premises"]] == ["3.34", "3.33", "3.33"]
    assert (found["amount"], found["price"], found["distributors_count"]) == (None, None, None)
    assert {one["amount"] for one in found["premises"]} == {None}


async def test_norms_and_tariffs_without_a_meter(biller: AsyncClient) -> None:
    """KZ-3, KZ-4, KZ-5 and KZ-6."""
    rates = [
        ("394.37", "m2", "42.8"),
        ("671.25", "m3", "3.7"),
        ("737.24", "m3", "2"),
        ("2247.98", "person", "2"),
    ]
    premises = [
        {"name": "flat", "rates": [{"rate": rate, "per": per, "quantity": quantity}]}
        for rate, per, quantity in rates
    ]
    asked = {"premises": premises, "currency": "KZT", "rounding": "alseco"}
    found = (await biller.post(f"{ALLOCATIONS}/by-rate", json=asked)).json()
    amounts = ["16879.04", "2483.62", "1474.48", "4495.96"]
    assert [text(one["amount"]) for one in found["premises"]] == [f"{amount} KZT" for amount in amounts]
    assert Decimal(found["amount"]["value"]) == sum(map(Decimal, amounts))


async def test_several_rates_of_one_flat_are_rounded_one_by_one(biller: AsyncClient) -> None:
    rate = {"rate": "0.5", "per": "person", "quantity": "0.01"}
    asked = {"premises": [{"name": "flat", "rates": [rate, rate]}], "currency": "UAH"}
    (flat,) = (await biller.post(f"{ALLOCATIONS}/by-rate", json=asked)).json()["premises"]
    assert [text(charge) for charge in flat["charges"]] == ["0.01 UAH", "0.01 UAH"]
    assert text(flat["amount"]) == "0.02 UAH"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (house([{"name": "1", "area": "0"}]), "body: The premises '1' have no area"),
        (house([{"name": "1", "area": "9"}], building={"energy": "0.1234567"}), "more than 6 decimals"),
        (house([{"name": "1", "area": "1E3"}]), "write a decimal as text"),
        (house([{"name": "1", "area": 9}]), "write a decimal as text"),  # type: ignore[dict-item]
        (house([{"name": "1", "area": "9"}], method="by_eye"), "almaty_per_area"),
        (house([]), "body.premises"),
        (house([{"name": "1", "area": "9"}], unknown=1), "body.unknown"),
    ],
)
async def test_what_cannot_be_divided_is_refused(biller: AsyncClient, asked: Any, words: str) -> None:
    answer = await biller.post(ALLOCATIONS, json=asked)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


async def test_the_largest_house_is_divided_and_a_larger_one_refused(biller: AsyncClient) -> None:
    premises = [{"name": f"flat {number}", "area": "57.53"} for number in range(MOST_PREMISES)]
    answer = await biller.post(ALLOCATIONS, json=house(premises))
    assert answer.status_code == 200
    assert sum(Decimal(one["energy"]["value"]) for one in answer.json()["premises"]) == 10
    larger = house([*premises, premises[0]])
    assert (await biller.post(ALLOCATIONS, json=larger)).status_code == 422


async def test_other_scopes_do_not_allocate(caller: Caller, app: FastAPI) -> None:
    reader = await caller(Scope.READINGS_READ)
    assert (await reader.post(ALLOCATIONS, json=house([]))).status_code == 403
    async with AsyncClient(transport=ASGITransport(app), base_url="http://teplo") as stranger:
        assert (await stranger.post(ALLOCATIONS, json=house([]))).status_code == 401
