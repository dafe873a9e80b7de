"""What holds for every test of whole systems."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _at_once(short_pauses: None) -> None:
    """No test here is about how long a meter takes."""
