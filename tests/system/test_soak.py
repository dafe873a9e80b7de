"""The short version of `make soak`: everything goes wrong within three minutes, and nothing is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.soak.run import Soak, soak
from tests.soak.table import failures, rows

SHORT = Soak(meters=30, length=timedelta(days=1.2), speed=720, collectors=2)


@pytest.mark.timeout(420)
async def test_a_day_in_which_everything_goes_wrong() -> None:
    told: list[str] = []
    result = await soak(SHORT, told.append)
    table = "\n".join(f"{name}: {value}" for name, value in rows(result))
    assert not failures(result), "\n".join([*failures(result), table, *told])
    assert sum(result.kills.values()) >= 4, "collectors were killed"
    assert result.befallen["failed"] and result.befallen["refused"], "the network failed"
    assert result.findings.expected > 500
    assert result.decisions["new_meter"], "a meter was replaced and accepted"
