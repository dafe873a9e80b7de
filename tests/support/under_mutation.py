"""A pytest plugin for runs over mutants: few examples, always the same, and no cache that hides one."""

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

_CACHES: list[_lru_cache_wrapper[object]] = []


def pytest_collection_finish(session: pytest.Session) -> None:
    """A forked run inherits what was computed before its mistake was switched on."""
    _CACHES[:] = [
        one
        for one in gc.get_objects()
        if isinstance(one, _lru_cache_wrapper) and str(one.__module__).startswith("metering.")
    ]
    for cache in _CACHES:
        cache.cache_clear()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Each test reaches what lies behind the caches by itself; the registry of units is too slow for it."""
    for cache in _CACHES:
        if cache.__name__ != "_registry":
            cache.cache_clear()
