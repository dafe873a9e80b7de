"""Conversations of a few exchanges: a session's start, a read list, one record (vkt7.md section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from metering.errors import ConfigurationError, DecodeError, ExchangeError, NoResponse
from protocols.conversation import Conversation, Exchange
from protocols.vendor.vkt7.elements import answer_size, in_lists, wanted
from protocols.vendor.vkt7.frames import LARGEST_ADDRESS
from protocols.vendor.vkt7.information import SERVER_VERSIONS, server_version
from protocols.vendor.vkt7.questions import (
    NO_DATA,
    Item,
    Question,
    ValueType,
    active_list,
    items_of,
    read_data,
    start_session,
    write_date,
    write_list,
    write_type,
)

_STARTS: Final = 3
"""How often a session is started before its service block is given up."""
_READINGS: Final = 3
"""How often values are read before they are given up."""


def meter_address(written: str) -> int:
    """The number of a meter's address on its line; ConfigurationError when it is none."""
    if written.isascii() and written.isdigit() and len(written) <= 3 and int(written) <= LARGEST_ADDRESS:
        return int(written)
    raise ConfigurationError(
        f"{written!r} is no address of a VKT-7: write a number from 1 to {LARGEST_ADDRESS}, or 0 for the "
        "only meter of a line."
    )


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Asks one meter."""

    address: int

    def ask(self, question: Question, attempts: int | None = None) -> Conversation[bytes]:
        """The data of the answer; raises what its code means when the meter refuses."""
        answer = yield from self.ask_or_code(question, attempts)
        if isinstance(answer, int):
            raise question.refused(self.address, answer)
        return answer

    def ask_or_code(self, question: Question, attempts: int | None = None) -> Conversation[bytes | int]:
        """The data of the answer, or the code with which the meter refuses."""

        def complete(buffer: bytes) -> int | None:
            found = question.find(self.address, buffer)
            return found[1] if found else None

        reply = yield Exchange(question.request(self.address), complete, attempts=attempts)
        return question.answer(self.address, reply)

    def start(self) -> Conversation[int]:
        """Begins a session; the server version, which is in the first answer to a reading of values alone.

        A repeated reading would bring values instead, so that the session begins anew where one was lost.
        """
        lost: ExchangeError | None = None
        for _ in range(_STARTS):
            yield from self.ask(start_session())
            try:
                block = yield from self.ask_or_code(read_data(), attempts=1)
            except ExchangeError as error:
                lost = error
                continue
            version = server_version(block) if isinstance(block, bytes) else None
            if version is not None:
                return version
        raise lost or DecodeError(
            f"Meter {self.address} started a session, but told no server version out of {SERVER_VERSIONS}: "
            "it is another model, or a firmware that is not known."
        )

    def read_list(self, items: tuple[Item, ...], size: int | None) -> Conversation[bytes]:
        """Writes a list and reads its values."""
        yield from self.ask(write_list(items))
        return (yield from self.ask(read_data(size)))


@dataclass(slots=True)
class Records:
    """Reads what is active of one type of values again and again; a single list is written once."""

    dialogue: Dialogue
    value_type: ValueType
    with_pipe_3: bool
    items: tuple[Item, ...] = ()
    _written: tuple[Item, ...] = ()

    def begin(self) -> Conversation[None]:
        """Chooses the type of values and what of them to read."""
        yield from self.dialogue.ask(write_type(self.value_type))
        yield from self.choose()

    def choose(self) -> Conversation[None]:
        """Takes up what is active now."""
        active = items_of((yield from self.dialogue.ask(active_list())))
        self.items, self._written = wanted(active, self.value_type, self.with_pipe_3), ()
        if not self.items:
            raise DecodeError(
                f"Meter {self.dialogue.address} has no active element for values of type "
                f"{self.value_type.value}: no measurement scheme is set in it, or the answer is damaged."
            )

    def read(self) -> Conversation[bytes]:
        """The values of all items, in their order; ConfigurationChanged: others are active for this date.

        The meter tells once that others are active. Where its answer was lost it may have told so, and what
        is active is asked for again.
        """
        lost: ExchangeError | None = None
        for _ in range(_READINGS):
            try:
                return (yield from self._read())
            except ExchangeError as error:
                lost = error
                yield from self.choose()
        raise lost or NoResponse

    def _read(self) -> Conversation[bytes]:
        data = b""
        for items in in_lists(self.items):
            if items != self._written:
                yield from self.dialogue.ask(write_list(items))
                self._written = items
            data += yield from self.dialogue.ask(read_data(answer_size(items)), attempts=1)
        return data

    def select(self, date: datetime) -> Conversation[bool]:
        """Whether the meter has a record of this date."""
        question = write_date(date)
        answer = yield from self.dialogue.ask_or_code(question)
        if isinstance(answer, int) and answer != NO_DATA:
            raise question.refused(self.dialogue.address, answer)
        return not isinstance(answer, int)
