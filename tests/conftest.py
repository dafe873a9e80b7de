"""Fixtures of all tests come from tests/support."""

from __future__ import annotations

pytest_plugins = ["tests.support.postgres", "tests.support.timescale"]
