"""One conversation with one destination: each request becomes a frame, each reply its data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from metering.errors import ConfigurationError, DecodeError, FrameError
from protocols.conversation import Conversation, Exchange
from protocols.vendor.kmp import frames
from protocols.vendor.kmp.frames import REQUEST, Frame
from protocols.vendor.kmp.registers import CLOCK, DATE
from protocols.vendor.kmp.replies import registers_of
from protocols.vendor.kmp.requests import Request, get_registers
from protocols.vendor.kmp.values import Value, decimal_date

HEAT_METER, TOP_MODULE, BASE_MODULE = 0x3F, 0x7F, 0xBF

Fits = Callable[[bytes], bool]
"""Whether the data of a reply answer the question: what a reply echoes must be what was asked."""


def _anything(data: bytes) -> bool:
    return True


class Dialogue:
    """Asks one destination."""

    def __init__(self, destination: int) -> None:
        self._destination = destination

    def ask(self, request: Request, fits: Fits = _anything) -> Conversation[bytes]:
        """The data of the reply."""

        def answers(frame: Frame) -> bool:
            same = (frame.destination, frame.command) == (self._destination, request.command)
            return same and fits(frame.data)

        def complete(buffer: bytes) -> int | None:
            found = frames.find(buffer, answers)
            return found[1] if found else None

        reply = yield Exchange(self._frame(request), complete)
        found = frames.find(reply, answers)
        if found is None:
            raise FrameError
        return found[0].data

    def tell(self, request: Request) -> Conversation[None]:
        """Has the meter do something; it acknowledges by a single byte, or keeps silent when it refuses."""
        yield Exchange(self._frame(request), _acknowledged)

    def registers(self, wanted: Sequence[int]) -> Conversation[dict[int, Value]]:
        """The values of at most eight registers; those that the meter does not have are left out."""

        def fits(data: bytes) -> bool:
            try:
                return registers_of(data).keys() <= set(wanted)
            except DecodeError:
                return False

        return registers_of((yield from self.ask(get_registers(wanted), fits)))

    def clock(self) -> Conversation[datetime]:
        """The meter's own time."""
        return moment_of((yield from self.registers((DATE, CLOCK))))

    def _frame(self, request: Request) -> bytes:
        return Frame(REQUEST, self._destination, *request).encode()


def moment_of(values: dict[int, Value]) -> datetime:
    """Date and clock among these registers; FrameError when the meter left one out."""
    if DATE not in values or CLOCK not in values:
        raise FrameError("The meter sent no date or no clock: ask again, or check that the model is right.")
    return decimal_date(values[DATE].integer, values[CLOCK].integer)


def destination(address: str) -> int:
    """The destination byte of an address; ConfigurationError when it is none."""
    if not (address.isascii() and address.isdigit() and len(address) <= 3 and int(address) <= 0xFF):
        raise ConfigurationError(
            f"{address!r} is no KMP address: write the destination as a decimal number; heat meters have "
            f"{HEAT_METER}."
        )
    return int(address)


def _acknowledged(buffer: bytes) -> int | None:
    at = buffer.find(frames.ACKNOWLEDGEMENT)
    return at + 1 if at >= 0 else None
