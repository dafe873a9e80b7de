"""The Tekon calculators: alike on the line, each with the example map that its memory is likely to have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from protocols.driver import Verification


@dataclass(frozen=True, slots=True)
class Model:
    """`usual_map` is the first word of the choice `map`."""

    name: str
    title: str
    usual_map: str
    verification: Verification
    notes: tuple[str, ...] = ()


_ALL: Final = (
    Model("kreit-tekon-19", "Tekon-19", "two-pipes-64-days", Verification.SECOND_IMPLEMENTATION),
    Model(
        "kreit-tekon-17",
        "Tekon-17",
        "two-pipes-16-days",
        Verification.NOT_ON_HARDWARE,
        ("UNCONFIRMED: that Tekon-17 has its serial number, clock and failures where Tekon-19 has them.",),
    ),
)
MODELS: Final[Mapping[str, Model]] = MappingProxyType({model.name: model for model in _ALL})
