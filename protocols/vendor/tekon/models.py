"""The Tekon calculators: alike on the line; what their memories hold is each site's own affair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from protocols.driver import Verification


@dataclass(frozen=True, slots=True)
class Model:
    """One model."""

    name: str
    title: str
    verification: Verification
    notes: tuple[str, ...] = ()


_ALL: Final = (
    Model("kreit-tekon-19", "Tekon-19", Verification.SECOND_IMPLEMENTATION),
    Model(
        "kreit-tekon-17",
        "Tekon-17",
        Verification.NOT_ON_HARDWARE,
        ("UNCONFIRMED: that Tekon-17 has its serial number, clock and failures where Tekon-19 has them.",),
    ),
)
MODELS: Final[Mapping[str, Model]] = MappingProxyType({model.name: model for model in _ALL})
