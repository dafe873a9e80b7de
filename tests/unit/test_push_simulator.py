"""What simulated senders publish is what the decoders understand, value for value."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from metering.quantities import quantity
from metering.readings import Absence
from metering.units import convert
from protocols.push.pushed import Message
from protocols.push.sources import SOURCES
from simulators.push import SENDERS, Published, messages

START = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE_OF = {name: name if name in SOURCES else "wmbusmeters" for name in SENDERS}
ALL = list(messages(START, 24, random.Random(5)))


def of(sender: str) -> list[Published]:
    return [one for one in ALL if one.sender == sender]


@pytest.mark.parametrize("sender", SENDERS)
def test_energy_comes_as_it_was_shown(sender: str) -> None:
    told = of(sender)
    assert len(told) >= 24
    for one in told:
        pushed = SOURCES[SOURCE_OF[sender]].decode(Message(one.topic, one.payload, START))
        assert pushed is not None
        energy = next(v for v in pushed.snapshot.values if v.quantity.name == "energy_heating")
        assert (pushed.identity, pushed.at) == (one.serial, one.at)
        if one.shown is None:
            assert energy.absence is Absence.INVALID_MARK
            continue
        assert energy.value is not None
        decoded = convert(energy.value, energy.unit, quantity("energy_heating")).value
        shown = convert(one.shown.energy, "kWh", quantity("energy_heating")).value
        # Elvaco's records have whole kWh; the others three places of them.
        assert abs(decoded - shown) < Decimal("0.00086")


def test_there_are_copies_and_late_ones_and_ones_without_values() -> None:
    assert len({(one.topic, one.payload) for one in ALL}) < len(ALL)
    assert any(a.at > b.at for a, b in zip(of("kamheat"), of("kamheat")[1:], strict=False))
    many = messages(START, 200, random.Random(5))
    assert any(one.shown is None for one in many)
