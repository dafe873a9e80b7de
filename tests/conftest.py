"""Fixtures of all tests come from tests/support. The longest tests begin first: nobody waits for them."""

from __future__ import annotations

import pytest

pytest_plugins = ["tests.support.postgres", "tests.support.timescale"]

LONGEST_FIRST = (
    "test_gsm_fleet.py",
    "test_soak.py",
    "test_dialling.py",
    "test_contract.py",
    "test_collector.py",
    "test_services.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A stable order: the named files first, everything else as it was collected."""
    place = {name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))
