"""One conversation with one unit: each request becomes a question in the line's framing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from metering.errors import ConfigurationError
from protocols.conversation import Conversation, Exchange
from protocols.modbus.messages import LARGEST_UNIT, Framing, Question, Request, read_registers
from protocols.modbus.planning import Block, plan

Meaning = TypeVar("Meaning")


class Registers:
    """The bytes of the registers that were read, by function and address."""

    def __init__(self, blocks: Mapping[Block, bytes]) -> None:
        self._blocks = blocks

    def bytes_at(self, function: int, address: int, size: int) -> bytes:
        """`size` bytes from this address; KeyError when they were not read at once."""
        count = (size + 1) // 2
        for block, data in self._blocks.items():
            if block.function == function and block.address <= address and address + count <= block.end:
                start = 2 * (address - block.address)
                return data[start : start + size]
        raise KeyError(address)


class Dialogue:
    """Asks one unit. `transactions` numbers the questions, in TCP framing and in function 48h.

    `loose`: the meter takes register counts loosely; what counts are the bytes of its answer.
    """

    def __init__(
        self, address: str, framing: Framing, transactions: Iterator[int], *, loose: bool = False
    ) -> None:
        self._unit = unit_number(address)
        self._framing = framing
        self._transactions = transactions
        self._loose = loose

    def reading(self, function: int, address: int, size: int, count: int | None = None) -> Request:
        """The request for `size` bytes; `count`: so many registers are to be asked for."""
        asked = (size + 1) // 2 if count is None else count
        return read_registers(function, address, asked, size if self._loose else None)

    def ask(self, request: Request) -> Conversation[bytes]:
        """The data of the reply; raises when the meter refuses."""
        question = self._question(request)
        reply = yield Exchange(question.frame(), question.complete)
        return question.data(reply)

    def ask_or(self, meanings: Mapping[int, Meaning], request: Request) -> Conversation[bytes | Meaning]:
        """The data of the reply; when the meter refuses with one of these codes, what the code means."""
        question = self._question(request)
        reply = yield Exchange(question.frame(), question.complete)
        refusal = question.refusal(reply)
        if refusal is not None and refusal in meanings:
            return meanings[refusal]
        return question.data(reply)

    def read(self, wanted: Iterable[Block], *, largest: int, gap: int) -> Conversation[Registers]:
        """All these registers, in as few questions as may be."""
        blocks: dict[Block, bytes] = {}
        for block in plan(wanted, largest=largest, gap=gap):
            blocks[block] = yield from self.ask(read_registers(block.function, block.address, block.count))
        return Registers(blocks)

    def number(self) -> int:
        """The next running number, 1 to 65535."""
        return next(self._transactions)

    def _question(self, request: Request) -> Question:
        return Question(request, self._unit, self._framing, self.number())


def unit_number(address: str) -> int:
    """The unit of a meter's address on its line; ConfigurationError when it is none."""
    if not (address.isascii() and address.isdigit() and len(address) <= 3 and int(address) <= LARGEST_UNIT):
        raise ConfigurationError(f"{address!r} is no Modbus address: write a number from 1 to 247.")
    return int(address)
