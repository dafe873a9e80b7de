"""Single questions to a Pulsar meter and what its refusals mean (pulsar.md 2 and 3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from metering.errors import AccessDenied, FrameError, MeterError, NotSupported
from protocols.conversation import Conversation, Exchange
from protocols.vendor.pulsar.frames import FAILED, Frame, find, parse_address

CURRENT: Final = 0x01
READ_CLOCK: Final = 0x04
SET_CLOCK: Final = 0x05
ARCHIVE: Final = 0x06
READ_PARAMETER: Final = 0x0A

FIRMWARE: Final = 0x0005
DIAGNOSTICS: Final = 0x0006
PARAMETER_SIZE: Final = 8

REFUSALS: Final[Mapping[int, tuple[type[MeterError], str]]] = {
    1: (NotSupported, "it does not know this function"),
    2: (NotSupported, "it has no such channel"),
    3: (MeterError, "the length of the request is wrong"),
    4: (NotSupported, "it has no such parameter"),
    5: (AccessDenied, "writing is locked; a password must be given at the meter first"),
    6: (MeterError, "the value is out of range"),
    7: (NotSupported, "it keeps no such archive"),
    8: (MeterError, "too many archive records were asked for at once"),
}

Accepts = Callable[[bytes], bool]
"""Whether the data of an answer are of the form that the question wants."""


class Dialogue:
    """Asks one meter. `numbers` gives each question its ID, by which late answers are told apart."""

    def __init__(self, address: str, numbers: Iterator[int]) -> None:
        self.address = parse_address(address)
        self._numbers = numbers

    def ask(self, function: int, data: bytes, accepts: Accepts) -> Conversation[bytes]:
        """The data of the answer; raises what the meter's error code means when it refuses."""
        number = next(self._numbers)

        def answered(buffer: bytes) -> tuple[Frame, int] | None:
            found = find(buffer, self.address, function, number)
            if found and (found[0].function == FAILED or accepts(found[0].data)):
                return found
            return None

        def complete(buffer: bytes) -> int | None:
            found = answered(buffer)
            return found[1] if found else None

        reply = yield Exchange(Frame(self.address, function, data, number).encode(), complete)
        found = answered(reply)
        if found is None:
            raise FrameError
        return self._data(found[0])

    def parameter(self, number: int) -> Conversation[bytes]:
        """Eight bytes, of which only the parameter's own first ones mean something."""
        asked = number.to_bytes(2, "little")
        return self.ask(READ_PARAMETER, asked, lambda data: len(data) == PARAMETER_SIZE)

    def _data(self, frame: Frame) -> bytes:
        if frame.function != FAILED:
            return frame.data
        code = frame.data[0] if frame.data else 0
        kind, words = REFUSALS.get(code, (MeterError, "it does not say why"))
        raise kind(f"Pulsar {self.address} refuses with error {code}: {words}.")


def mask(*channels: int) -> bytes:
    """The bits of these channels, numbered from 1."""
    return sum(1 << number - 1 for number in channels).to_bytes(4, "little")
