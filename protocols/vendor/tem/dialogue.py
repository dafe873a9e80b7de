"""One conversation with one meter: memory of any size, read in pieces that the meter can send."""

from __future__ import annotations

from typing import Final

from metering.errors import ConfigurationError
from protocols.conversation import Conversation, Exchange
from protocols.vendor.tem.commands import FlashOrder, Memory, extended, read
from protocols.vendor.tem.frames import Question

LARGEST_ADDRESS: Final = 240
"""The maker's documents end at 32; one program uses higher ones on the M models."""


class Dialogue:
    """Asks the meter at one address, at most `largest` bytes at once; `extended`: by its extended reads."""

    def __init__(self, address: str, order: FlashOrder, largest: int, *, extended: bool = False) -> None:
        self.address = number_of(address)
        self._order = order
        self.largest = largest
        self._extended = extended

    def ask(self, question: Question) -> Conversation[bytes]:
        """The data of the reply."""
        return question.answer((yield Exchange(question.frame(), question.complete)))

    def read(self, memory: Memory, at: int, size: int) -> Conversation[bytes]:
        """These bytes of a memory."""
        data = b""
        while len(data) < size:
            piece = min(size - len(data), self.largest)
            place = at + len(data)
            question = read(self.address, memory, place, piece, self._order)
            if self._extended and memory is not Memory.CLOCK:
                question = extended(question, place)
            data += yield from self.ask(question)
        return data


def number_of(address: str) -> int:
    """The network address in a line's text; ConfigurationError when it is none."""
    if not (address.isascii() and address.isdigit() and len(address) <= 3):
        raise ConfigurationError(f"{address!r} is no address of a TEM meter: write a number from 1 to 32.")
    if not 1 <= int(address) <= LARGEST_ADDRESS:
        raise ConfigurationError(f"{address} is no address of a TEM meter: write a number from 1 to 32.")
    return int(address)
