"""Single questions to a module of the bus through its gateway (tekon-19.md 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from metering.errors import FrameError, NotSupported
from protocols.conversation import Conversation, Exchange
from protocols.vendor.tekon.frames import REFUSED, REQUEST, Frame, find, parse_address

READ: Final = 0x11
READ_INDEXED: Final = 0x19
READ_LIST: Final = 0x1C

CELL_SIZE: Final = 4
MOST_CELLS: Final = 60
MOST_ITEMS: Final = 40
GOOD: Final = 0
_NOT_INDEXED: Final = bytes(3)


class Item(NamedTuple):
    """One answer of a list: the raw cell, and its quality, 0 when it is good."""

    cell: bytes
    quality: int


class Dialogue:
    """Asks one module. `numbers` are those of the questions, by which late answers are told apart."""

    def __init__(self, address: str, numbers: Iterator[int]) -> None:
        self._address = parse_address(address)
        self._numbers = numbers

    def read(self, parameter: int) -> Conversation[bytes]:
        """A parameter's one to four bytes."""
        asked = bytes((READ, self._address.module)) + parameter.to_bytes(2, "little")
        about = f"parameter {parameter:04X}"
        return self._ask(asked, lambda data: 1 <= len(data) <= CELL_SIZE, about, fixed=True)

    def read_cells(self, parameter: int, first: int, count: int) -> Conversation[list[bytes]]:
        """`count` neighbouring cells of an array, at most 60."""
        place = bytes((self._address.module,)) + parameter.to_bytes(2, "little")
        asked = bytes((READ_INDEXED,)) + place + first.to_bytes(2, "little") + bytes((count,))
        about = f"{count} cells of the array {parameter:04X} from {first}"
        data = yield from self._ask(asked, lambda data: len(data) == CELL_SIZE * count, about)
        return [data[at : at + CELL_SIZE] for at in range(0, len(data), CELL_SIZE)]

    def read_list(self, parameters: Sequence[int]) -> Conversation[list[Item]]:
        """These parameters in as few questions as may be, each with its quality."""
        items: list[Item] = []
        for at in range(0, len(parameters), MOST_ITEMS):
            items += yield from self._items(parameters[at : at + MOST_ITEMS])
        return items

    def _items(self, parameters: Sequence[int]) -> Conversation[list[Item]]:
        module = bytes((self._address.module,))
        places = (module + parameter.to_bytes(2, "little") + _NOT_INDEXED for parameter in parameters)
        size = CELL_SIZE + 1
        about = f"a list of {len(parameters)} parameters"
        data = yield from self._ask(
            bytes((READ_LIST,)) + b"".join(places), lambda data: len(data) == size * len(parameters), about
        )
        return [Item(data[at : at + CELL_SIZE], data[at + CELL_SIZE]) for at in range(0, len(data), size)]

    def _ask(
        self, asked: bytes, accepts: Callable[[bytes], bool], about: str, fixed: bool = False
    ) -> Conversation[bytes]:
        gateway, number = self._address.gateway, next(self._numbers)

        def answered(buffer: bytes) -> tuple[Frame, int] | None:
            found = find(buffer, gateway, number)
            return found if found and accepts(found[0].data) else None

        def complete(buffer: bytes) -> int | None:
            if buffer == REFUSED:  # one byte without a check: only alone it is no noise
                return len(REFUSED)
            found = answered(buffer)
            return found[1] if found else None

        reply = yield Exchange(Frame(REQUEST | number, gateway, asked, fixed).encode(), complete)
        if reply == REFUSED:
            raise NotSupported(f"Module {self._address.module} refuses {about}: check the map of this site.")
        found = answered(reply)
        if found is None:
            raise FrameError
        return found[0].data
