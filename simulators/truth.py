"""What a simulated meter knows to be right, straight from the plant and never through a wire codec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Truth:
    """A value in the canonical unit; a reading is right when it differs by no more than the tolerance."""

    value: Decimal
    tolerance: Decimal

    def admits(self, reading: Decimal) -> bool:
        """Whether this reading is right."""
        return abs(reading - self.value) <= self.tolerance


Truths = Mapping[tuple[str, int], Truth]
"""By the quantity's name and the circuit."""
