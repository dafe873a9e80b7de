"""One conversation with one KM-5: commands become questions, answers come back whole."""

from __future__ import annotations

from metering.errors import DecodeError
from protocols.conversation import Conversation, Exchange
from protocols.vendor.km5.frames import Command, Question, parse_address
from protocols.vendor.km5.records import STAMP_AT
from protocols.vendor.km5.stamps import SIZE, Stamp, decode


class Dialogue:
    """Asks the meter with this network address."""

    def __init__(self, address: str) -> None:
        self._address = parse_address(address)

    def ask(self, command: Command, parameters: bytes = b"") -> Conversation[bytes]:
        """The whole answer; DecodeError when it carries no data."""
        answer = yield from self.ask_or_none(command, parameters)
        if answer is None:
            raise DecodeError(f"The meter answered command {command:02X}h without data.")
        return answer

    def ask_or_none(self, command: Command, parameters: bytes = b"") -> Conversation[bytes | None]:
        """The whole answer; None when it carries no data."""
        question = Question(self._address, command, parameters)
        heard = yield Exchange(question.frame(), question.complete)
        return question.answer(heard)

    def clock(self) -> Conversation[Stamp]:
        """The meter's clock and type."""
        answer = yield from self.ask(Command.CURRENT, b"\x00")
        return decode(answer[STAMP_AT : STAMP_AT + SIZE])
