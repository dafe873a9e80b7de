"""Which blocks of registers to ask for, so that few questions bring everything that is wanted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from metering.errors import ProfileError


@dataclass(frozen=True, slots=True, order=True)
class Block:
    """`count` registers from `address`, read by one function."""

    function: int
    address: int
    count: int

    @property
    def end(self) -> int:
        """The address after the last register."""
        return self.address + self.count


def plan(wanted: Iterable[Block], *, largest: int, gap: int = 0) -> tuple[Block, ...]:
    """The blocks to read, none above `largest` registers, that cover what is wanted, none of it split.

    Up to `gap` registers that nobody wants are read along between two that somebody does.
    ProfileError when one value alone is larger than a block may be.
    """
    blocks: list[Block] = []
    for value in sorted(set(wanted)):
        if value.count > largest:
            raise ProfileError(f"{value.count} registers at {value.address:04X}h cannot be read at once.")
        joined = _joined(blocks[-1], value, gap) if blocks else None
        if joined and joined.count <= largest:
            blocks[-1] = joined
        else:
            blocks.append(value)
    return tuple(blocks)


def _joined(block: Block, value: Block, gap: int) -> Block | None:
    if block.function != value.function or value.address > block.end + gap:
        return None
    return Block(block.function, block.address, max(block.end, value.end) - block.address)
