"""Answers the AT dialogue with random and mutated replies: only our own errors may come out, after few steps.

    python -m tests.fuzz.at --conversations 100000 --seed 1

prints how the conversations ended and the slowest one.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from typing import Final

from metering.errors import CallFailed, FrameError, NoResponse, TeploError
from protocols.at_commands import (
    ModemSettings,
    await_registration,
    dial,
    escape,
    hang_up,
    initialise,
    probe,
    registration,
    reset,
    signal,
)
from protocols.conversation import Conversation, Exchange, Step
from tests.fuzz.outcomes import Report, command_line

MOST_STEPS: Final = 500
"""No conversation needs half of it, whatever the modem says."""
LARGEST: Final = 4096

CONVERSATIONS: Final[dict[str, Callable[[], Conversation[object]]]] = {
    "probe": probe,
    "initialise": lambda: initialise(ModemSettings(pin="1234")),
    "registration": registration,
    "await_registration": lambda: await_registration(20),
    "signal": signal,
    "dial": lambda: dial("+77015550001"),
    "escape": escape,
    "hang_up": hang_up,
    "reset": reset,
}
LINES: Final = (
    *(
        "+CPIN: READY",
        "+CPIN: SIM PIN",
        "+CPINR: SIM PIN,3,3",
        "356938035643809",
        '+CCID: "89701021234567890123"',
    ),
    *("+CSQ: 14,99", "+CSQ: 99,99", "+CESQ: 99,99,255,255,20,40", "+CESQ: 30,0,255,255,255,255", "Cinterion"),
    *('+CREG: 2,1,"00C3","7B21",0', "+CREG: 0,5", "+CREG: 1", '+COPS: 0,0,"KCELL",7', "RING", "^BOOT", "2"),
    *("+CEER: 8,8,0", '+CEER: "User busy"', '+CNUM: "data","+77010000001",145', "+CR: REL ASYNC"),
)
RESULTS: Final = (
    *("OK", "OK", "OK", "OK", "ERROR", "CONNECT", "CONNECT 9600/RLP", "NO CARRIER", "BUSY", "NO ANSWER"),
    *(
        "NO DIALTONE",
        "CALL BARRED",
        "DELAYED",
        "+CME ERROR: 10",
        "+CME ERROR: 14",
        "+CME ERROR: SIM PUK required",
    ),
    *("+CME ERROR:", "+CME ERROR: 99999999999999999999", "+CMS ERROR: 331", "0", "1", "3"),
)


def answer(request: bytes, chance: random.Random) -> bytes:
    """Mostly lines and a result of some modem, often damaged; sometimes nothing or noise."""
    kind = chance.random()
    if kind < 0.03:
        return b""
    if kind < 0.06:
        return chance.randbytes(chance.choice((1, 10, LARGEST)))
    lines = chance.choices(LINES, k=chance.randint(0, 4))
    framed = b"".join(b"\r\n" + line.encode() + b"\r\n" for line in (*lines, chance.choice(RESULTS)))
    heard = (request if chance.random() < 0.2 else b"") + framed
    return mutated(heard, chance) if chance.random() < 0.3 else heard


def mutated(heard: bytes, chance: random.Random) -> bytes:
    """Some bytes changed, lost, doubled or drawn out."""
    data = bytearray(heard)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(data))
        run = chance.choice((0, 1, 1, 2, 300))
        data[place : place + 1] = (
            bytes([chance.choice((data[place], 0, 13, 10, 32, 255, chance.randrange(256)))]) * run
        )
        if not data:
            return b""
    return bytes(data[:LARGEST])


class Endless(AssertionError):
    """The dialogue took more steps than any may."""


def run(count: int, seed: int) -> Report:
    chance, report = random.Random(seed), Report()
    for _ in range(count):
        name = chance.choice(list(CONVERSATIONS))
        began = time.perf_counter()
        try:
            outcome = _ended(CONVERSATIONS[name](), chance)
        except Exception as error:  # noqa: BLE001 - to find foreign errors is the purpose
            outcome = "foreign"
            report.foreign.append(f"{name}: {error!r}")
        report.slowest = max(report.slowest, time.perf_counter() - began)
        report.outcomes[outcome] += 1
    return report


def _ended(conversation: Conversation[object], chance: random.Random) -> str:
    try:
        step = next(conversation)
        for _ in range(MOST_STEPS):
            step = _answered(conversation, step, chance)
    except StopIteration as end:
        _storable(str(end.value))
        return "done"
    except CallFailed as error:
        _storable(str(error) + error.cause)
        return error.result
    except TeploError as error:
        return f"not a failed call: {type(error).__name__}"
    raise Endless(f"more than {MOST_STEPS} steps")


def _answered(conversation: Conversation[object], step: Step, chance: random.Random) -> Step:
    if not isinstance(step, Exchange):
        return conversation.send(b"")
    heard = answer(step.request, chance)
    end = step.complete(heard)
    if end is None:
        return conversation.throw(FrameError() if heard else NoResponse())
    return conversation.send(heard[:end])


def _storable(text: str) -> None:
    """What is said of a modem is short, and text for people and for the database."""
    assert text.isprintable() and len(text) < 1500, repr(text)


if __name__ == "__main__":
    sys.exit(command_line(run, "conversations"))
