"""A pytest plugin for runs over mutants: few examples, the same ones each time, and no cache that hides one."""

from __future__ import annotations

import gc
from functools import _lru_cache_wrapper

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "under_mutation",
    max_examples=20,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("under_mutation")


def _caches() -> list[_lru_cache_wrapper[object]]:
    return [
        one
        for one in gc.get_objects()
        if isinstance(one, _lru_cache_wrapper) and str(one.__module__).startswith("metering.")
    ]


def pytest_collection_finish(session: pytest.Session) -> None:
    """A forked run inherits what was computed before its mistake was switched on."""
    for cache in _caches():
        cache.cache_clear()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Each test reaches the functions behind the caches by itself; the registry of units is too slow for it."""
    for cache in _caches():
        if cache.__name__ != "_registry":
            cache.cache_clear()
