"""How attempts to call fail, as the network tells it: result code, time, and the cause it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final

from simulators.gsm.codes import Numbered, ResultCode
from simulators.gsm.mishaps import Mishap


class Cause(Numbered):
    """Cause values of 3GPP 24.008, annex H: number and words."""

    NONE = (0, "No cause information available")
    UNASSIGNED = (1, "Unassigned number")
    BARRED = (8, "Operator determined barring")
    NORMAL = (16, "Normal call clearing")
    USER_BUSY = (17, "User busy")
    NOT_RESPONDING = (18, "No user responding")
    NO_ANSWER = (19, "User alerting, no answer")
    OUT_OF_ORDER = (27, "Destination out of order")
    NETWORK = (38, "Network out of order")
    TEMPORARY = (41, "Temporary failure")


class Answers(StrEnum):
    """What a subscriber does when it is called."""

    YES = "yes"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    BARRED = "barred"
    OFF = "off"
    """Out of coverage: the network searches for it a long time."""
    SWITCHED_OFF = "switched_off"
    """The network knows, and says so at once."""


class Wait(Enum):
    """How long a thing takes, in seconds from and to; a network's scale shortens all of them."""

    SET_UP = (5.0, 15.0)
    ENGAGED = (3.0, 6.0)
    REFUSED = (0.5, 4.0)
    UNANSWERED = (20.0, 45.0)
    REGISTRATION = (5.0, 30.0)
    BOOT = (5.0, 15.0)
    SIM = (1.0, 4.0)
    PASSAGE = (0.25, 0.45)
    """Of bytes from one end of a call to the other."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One way in which a call does not come about."""

    code: ResultCode
    wait: Wait
    cause: Cause


_BUSY: Final = Failure(ResultCode.BUSY, Wait.ENGAGED, Cause.USER_BUSY)
_BARRED: Final = Failure(ResultCode.NO_CARRIER, Wait.REFUSED, Cause.BARRED)
_NO_ANSWER: Final = Failure(ResultCode.NO_ANSWER, Wait.UNANSWERED, Cause.NO_ANSWER)

ENGAGED: Final = _BUSY
UNASSIGNED: Final = Failure(ResultCode.NO_CARRIER, Wait.REFUSED, Cause.UNASSIGNED)
BY_SUBSCRIBER: Final[Mapping[Answers, Failure]] = {
    Answers.BUSY: _BUSY,
    Answers.NO_ANSWER: _NO_ANSWER,
    Answers.BARRED: _BARRED,
    Answers.OFF: Failure(ResultCode.NO_CARRIER, Wait.UNANSWERED, Cause.NOT_RESPONDING),
    Answers.SWITCHED_OFF: Failure(ResultCode.NO_CARRIER, Wait.REFUSED, Cause.OUT_OF_ORDER),
}
BY_MISHAP: Final[Mapping[Mishap, Failure]] = {
    Mishap.BUSY: _BUSY,
    Mishap.REFUSED: Failure(ResultCode.NO_CARRIER, Wait.REFUSED, Cause.NETWORK),
    Mishap.UNREACHABLE: Failure(ResultCode.NO_CARRIER, Wait.UNANSWERED, Cause.TEMPORARY),
    Mishap.NO_ANSWER: _NO_ANSWER,
    Mishap.BARRED: _BARRED,
}
