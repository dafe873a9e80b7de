"""Areas: what they hold and which of them are parts of others."""

from __future__ import annotations

import pytest

from metering.areas import EVERYWHERE, Area

NORTH, MEDEU = Area(("North",)), Area(None, ("Medeu",))
BOTH = Area(("North",), ("Medeu",))


@pytest.mark.parametrize(
    ("area", "other", "covered"),
    [
        (EVERYWHERE, NORTH, True),
        (NORTH, EVERYWHERE, False),
        (NORTH, BOTH, True),
        (BOTH, NORTH, False),
        (NORTH, MEDEU, False),
        (Area(("North", "South")), NORTH, True),
        (NORTH, Area(("North", "South")), False),
    ],
    ids=str,
)
def test_an_area_covers_its_parts(area: Area, other: Area, covered: bool) -> None:
    assert area.covers(other) is covered


def test_an_area_holds_what_is_in_its_centres_and_districts() -> None:
    assert BOTH.holds("North", "Medeu")
    assert not BOTH.holds("North", "Alatau")
    assert not BOTH.holds("", "Medeu")
    assert EVERYWHERE.holds("", "")


def test_an_area_is_told_in_words() -> None:
    assert str(BOTH) == "service centres North and districts Medeu"
    assert (str(EVERYWHERE), Area.of(None), Area.of("North")) == ("everything", EVERYWHERE, NORTH)
