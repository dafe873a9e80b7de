"""Single exchanges with a meter: link reset, selection, application reset, request (m-bus.md section 3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from metering.errors import ExchangeError, FrameError, NoResponse
from protocols.conversation import Conversation, Exchange
from protocols.mbus.addressing import ANYBODY, SELECTED, Address, Primary, Secondary
from protocols.mbus.asking import ALL_DATA
from protocols.mbus.frames import (
    REQ_UD2,
    RSP_UD,
    SND_NKE,
    SND_UD,
    Acknowledgement,
    Frame,
    LongFrame,
    ShortFrame,
    find,
)
from protocols.mbus.layout import decode
from protocols.mbus.records import Telegram

Decoder = Callable[[bytes], Telegram]
"""What makes a telegram of a payload; DecodeError where it cannot, MeterError where the meter refuses."""

APPLICATION_RESET: Final = 0x50
DATA_SENT: Final = 0x51
SELECTION: Final = 0x52

_DIRECTION_AND_FUNCTION: Final = 0x4F
"""What of a C field tells an RSP_UD; the other bits say that alarms wait or that the buffer is full."""
_WITH_IDENTIFICATION: Final = (0x72, 0x73)


def link_number(address: Address) -> int:
    """The number in the A field of a request."""
    return address.number if isinstance(address, Primary) else SELECTED


def reset_link(number: int, attempts: int = 1) -> Conversation[None]:
    """SND_NKE: the meter's telegrams begin with the first again."""
    yield Exchange(ShortFrame(SND_NKE, number).encode(), acknowledged, attempts=attempts, acknowledges=True)


def wake(number: int) -> Conversation[bool]:
    """SND_NKE, a second one where the first may only have woken the module. Some meters never acknowledge."""
    return (yield from tolerant(reset_link(number))) or (yield from tolerant(reset_link(number)))


def deselect() -> Conversation[bool]:
    """SND_NKE to 253; silence is usual, as nobody may be selected."""
    return tolerant(reset_link(SELECTED))


def select(address: Secondary, attempts: int | None = None) -> Conversation[None]:
    """Make the matching meter answer at 253, any other silent there. NoResponse: none matches."""
    payload = bytes((SELECTION,)) + address.encode()
    try:
        yield Exchange(
            LongFrame(SND_UD, SELECTED, payload).encode(), acknowledged, attempts=attempts, acknowledges=True
        )
    except NoResponse as error:
        raise NoResponse(
            f"No meter acknowledged the selection {address}: check the address by a search of the line."
        ) from error


def application_reset(
    address: Address, sub_code: int | None = ALL_DATA, control: int = SND_UD
) -> Conversation[None]:
    """Choose what the meter sends next (m-bus.md 3.6); None: the reset without a sub-code."""
    payload = bytes((APPLICATION_RESET,) if sub_code is None else (APPLICATION_RESET, sub_code))
    yield Exchange(
        LongFrame(control, link_number(address), payload).encode(), acknowledged, acknowledges=True
    )


def select_records(address: Address, records: bytes, control: int = SND_UD) -> Conversation[None]:
    """Ask for these records only: the DIF of a selection and a VIF for each (m-bus.md 3.6)."""
    payload = bytes((DATA_SENT,)) + records
    yield Exchange(
        LongFrame(control, link_number(address), payload).encode(), acknowledged, acknowledges=True
    )


def request(
    address: Address, count: int, attempts: int | None = None, decoder: Decoder = decode
) -> Conversation[Telegram]:
    """One telegram; `count` is FCB or 0. Refusals of the meter (CI 70) are raised as MeterError."""

    def answers(frame: Frame) -> bool:
        return isinstance(frame, LongFrame) and _is_answer(frame, address)

    asked = ShortFrame(REQ_UD2 | count, link_number(address))
    reply = yield Exchange(asked.encode(), _ends(answers), attempts=attempts)
    found = find(reply, answers)
    if found is None or not isinstance(found[0], LongFrame):
        raise FrameError
    return decoder(found[0].payload)


def acknowledged(buffer: bytes) -> int | None:
    """Where an E5 ends in the buffer."""
    return _ends(lambda frame: isinstance(frame, Acknowledgement))(buffer)


def tolerant(conversation: Conversation[None]) -> Conversation[bool]:
    """Whether the conversation was answered; no answer is no reason to give up."""
    try:
        yield from conversation
    except ExchangeError:
        return False
    return True


def _ends(wanted: Callable[[Frame], bool]) -> Callable[[bytes], int | None]:
    def complete(buffer: bytes) -> int | None:
        found = find(buffer, wanted)
        return found[1] if found else None

    return complete


def _is_answer(frame: LongFrame, address: Address) -> bool:
    """Late answers of other meters carry another A field, or another identification than the selected one."""
    if frame.control & _DIRECTION_AND_FUNCTION != RSP_UD:
        return False
    if isinstance(address, Primary):
        return address.number in (frame.address, ANYBODY)
    return frame.payload[0] not in _WITH_IDENTIFICATION or address.covers(frame.payload[4:0:-1].hex().upper())
