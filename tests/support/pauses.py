"""A simulated meter has its record ready at once: nobody waits as long as its maker asks for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from unittest.mock import patch

import pytest

from protocols.conversation import Pause
from protocols.modbus import archives, driver

SHARE = 0.01


@pytest.fixture
def short_pauses() -> Iterator[None]:
    """The pauses after the selection of a Modbus record, a hundredth of what the profiles say."""
    with ExitStack() as shortened:
        for module in (archives, driver):
            shortened.enter_context(patch.object(module, "Pause", lambda seconds: Pause(seconds * SHARE)))
        yield
