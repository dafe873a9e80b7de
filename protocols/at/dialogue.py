"""Single commands: asked, repeated while the SIM card is busy, and a modem that fails to answer named."""

from __future__ import annotations

from typing import Final

from metering.calls import CallResult
from metering.errors import CallFailed, FrameError, NoResponse
from protocols.at.refusals import refusal, sim_is_busy
from protocols.at.result_codes import INFORMATION, PLAIN, Code, Reply, ResultCodes
from protocols.conversation import Conversation, Exchange, Pause

SETTLING: Final = Pause(0.1)
"""Between a result code and the next command."""
SIM_WAIT: Final = Pause(2.0)
SIM_TRIES: Final = 5

QUICK: Final = 5.0
"""Time-out of a command that the modem answers by itself."""
SLOW: Final = 20.0
"""Time-out of a command for which it asks the SIM card or the network; makers name this as the worst case."""
PROBE: Final = 1.0
ATTEMPTS: Final = 2
PROBE_ATTEMPTS: Final = 3

RESTART_WAIT: Final = Pause(5.0)
RESTART_TRIES: Final = 12

SILENT: Final = (
    "Check its power and cable, the baud rate of its port, and whether it is still in a call; switch it off "
    "and on when it stays silent."
)
STRANGE: Final = (
    "Check the baud rate and parity of its port, and whether something other than a modem hangs there."
)


def probe() -> Conversation[None]:
    """AT until OK: also sets the rate of a modem that finds it out itself. CallFailed MODEM_SILENT."""
    yield from exchanged("AT", PLAIN, timeout=PROBE, attempts=PROBE_ATTEMPTS)


def reset() -> Conversation[None]:
    """AT+CFUN=1,1, then patience until the modem answers again, a minute at most. It forgets its settings."""
    refused = yield from _restart()
    if refused is not None:
        raise refusal("AT+CFUN=1,1", refused)
    yield from _back()


def _restart() -> Conversation[Reply | None]:
    """The refusal, if it is one; many makes restart before they have answered."""
    try:
        reply = yield from exchanged("AT+CFUN=1,1", PLAIN, timeout=QUICK, attempts=1)
    except CallFailed:
        return None
    return None if reply.code is Code.OK else reply


def _back() -> Conversation[None]:
    for attempt in range(1, RESTART_TRIES + 1):
        yield RESTART_WAIT
        try:
            return (yield from probe())
        except CallFailed:
            if attempt == RESTART_TRIES:
                raise


def command(text: str, timeout: float = QUICK) -> Conversation[None]:
    """A command without information in its answer that has to succeed."""
    reply = yield from asked(text, timeout, PLAIN)
    if reply.code is not Code.OK:
        raise refusal(text, reply)


def accepted(text: str, timeout: float = QUICK) -> Conversation[bool]:
    """A command that some makes lack: whether this one took it."""
    reply = yield from asked(text, timeout, PLAIN)
    return reply.code is Code.OK


def told(text: str, timeout: float = QUICK) -> Conversation[tuple[str, ...]]:
    """The lines of information that a command brings, none where it is refused."""
    reply = yield from asked(text, timeout, INFORMATION)
    return reply.lines if reply.code is Code.OK else ()


def asked(text: str, timeout: float, codes: ResultCodes) -> Conversation[Reply]:
    """The reply, refusal or not; put again while the SIM card is busy."""
    for _ in range(SIM_TRIES - 1):
        reply = yield from exchanged(text, codes, timeout=timeout)
        if not sim_is_busy(reply):
            return reply
        yield SIM_WAIT
    return (yield from exchanged(text, codes, timeout=timeout))


def exchanged(
    text: str, codes: ResultCodes, *, timeout: float, attempts: int = ATTEMPTS, shown: str = ""
) -> Conversation[Reply]:
    """One command line and its final result; `shown` stands for it in messages.

    CallFailed: MODEM_SILENT, or MODEM_ERROR where what came holds no result.
    """
    yield SETTLING
    name = shown or text
    try:
        heard = yield Exchange(text.encode("ascii") + b"\r", codes.end, timeout, attempts)
    except NoResponse as error:
        raise CallFailed(f"The modem does not answer {name}. {SILENT}", CallResult.MODEM_SILENT) from error
    except FrameError as error:
        raise CallFailed(
            f"What came after {name} is no answer of a modem. {STRANGE}", CallResult.MODEM_ERROR
        ) from error
    return codes.read(heard)
