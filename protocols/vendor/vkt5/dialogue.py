"""Single exchanges with a VKT-5, and what its refusals mean (vkt-5.md section 1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from metering.errors import (
    AccessDenied,
    ConfigurationChanged,
    ConfigurationError,
    MeterError,
    NotSupported,
)
from protocols.conversation import Conversation, Exchange
from protocols.modbus.messages import Question, Request

LARGEST_ADDRESS: Final = 255

_REFUSALS: Final[Mapping[int, tuple[type[MeterError], str]]] = MappingProxyType(
    {
        0: (ConfigurationChanged, "the heat input is not used any more; the settings are read again"),
        1: (ConfigurationChanged, "the pipe is not used any more; the settings are read again"),
        2: (NotSupported, "it has no data of this date"),
        3: (NotSupported, "its settings memory ends before"),
        4: (NotSupported, "it has no such archive record"),
        5: (NotSupported, "its archive is empty"),
        6: (AccessDenied, "the key code is wrong"),
        7: (NotSupported, "it does not know the request; check the registered model and its firmware"),
        8: (MeterError, "it cannot write its memory"),
        9: (AccessDenied, "its settings are locked"),
    }
)


def meter_address(written: str) -> int:
    """The number of a meter's address on its line; ConfigurationError when it is none."""
    if written.isascii() and written.isdigit() and len(written) <= 3 and 1 <= int(written) <= LARGEST_ADDRESS:
        return int(written)
    raise ConfigurationError(
        f"{written!r} is no address of a VKT-5: write a number from 1 to {LARGEST_ADDRESS}."
    )


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Asks one meter."""

    address: int

    def ask(self, request: Request) -> Conversation[bytes]:
        """The data of the answer; raises what its code means when the meter refuses."""
        return self.answered(request, (yield from self.ask_or_code(request)))

    def answered(self, request: Request, answer: bytes | int) -> bytes:
        """The data of an answer; raises what it means when it is a code."""
        if isinstance(answer, int):
            kind, meaning = _REFUSALS.get(answer, (MeterError, "the reference does not explain this code"))
            raise kind(f"Meter {self.address} refused {request.about} with code {answer}: {meaning}.")
        return answer

    def ask_or_code(self, request: Request) -> Conversation[bytes | int]:
        """The data of the answer, or the code with which the meter refuses."""
        question = Question(request, self.address)
        reply = yield Exchange(question.frame(), question.complete)
        refusal = question.refusal(reply)
        return question.data(reply) if refusal is None else refusal
