"""Fixtures of all tests come from tests/support. The longest tests begin first: nobody waits for them."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import settings

pytest_plugins = ["tests.support.pauses", "tests.support.postgres", "tests.support.timescale"]

LONGEST_FIRST = (
    "test_soak.py",
    "test_season.py",
    "test_gsm_fleet.py",
    "test_contract.py",
    "test_simulators_fleet.py",
    "test_collector.py",
    "test_many_modems.py",
    "test_guide.py",
    "test_dialling.py",
    "test_jobs.py",
    "test_demo.py",
    "test_services.py",
    "test_held.py",
)

settings.register_profile("usual", max_examples=40, deadline=None)
settings.register_profile("nightly", max_examples=1000, deadline=None)
settings.load_profile("usual")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest files are dealt out to the workers, each of which begins with a stretch of the list.

    One worker gets all that needs TimescaleDB: bringing that up takes as long as a hundred of its tests.
    """
    hands = getattr(config, "workerinput", {}).get("workercount", 1)
    place = {name: number for number, name in enumerate(LONGEST_FIRST)}
    longest = sorted(
        (item for item in items if item.path.name in place), key=lambda item: place[item.path.name]
    )
    others = sorted(
        (item for item in items if item.path.name not in place),
        key=lambda item: item.get_closest_marker("timescale") is None,
    )
    items[:] = chain.from_iterable(stretches(longest, others, hands))


def stretches(longest: list[pytest.Item], others: list[pytest.Item], hands: int) -> list[list[pytest.Item]]:
    """As many equal lists as there are hands, as pytest-xdist cuts the whole; each begins with long tests."""
    total, begun, found = len(longest) + len(others), 0, []
    for hand in range(hands):
        size = (total - begun) // (hands - hand)
        own = longest[hand::hands][:size]
        begun += size
        rest = size - len(own)
        found.append([*own, *others[:rest]])
        others = others[rest:]
    return found
