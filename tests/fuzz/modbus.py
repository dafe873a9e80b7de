"""Answers the Modbus driver with mutated replies: only our own errors may come out, after few questions.

    python -m tests.fuzz.modbus --conversations 100000 --seed 1

prints how the conversations ended and the slowest one. A question that a transcript knows is mostly answered
from it, every other by nonsense of the right length; most mutants get a right checksum, so that they reach
the decoders.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from metering.errors import FrameError
from protocols.conversation import Conversation, Exchange, Step
from protocols.modbus.driver import ModbusDriver
from protocols.modbus.messages import REFUSED, WRITE_MULTIPLE, Framing, frame
from protocols.modbus.profile import load
from protocols.playback import begin
from protocols.vectors import Vector
from protocols.vectors import load as load_vector
from tests.fuzz.outcomes import Report, command_line
from tests.fuzz.talk import ended

VECTORS = Path(__file__).parents[1] / "vectors" / "modbus"
MOST_EXCHANGES = 100
"""No conversation of the transcripts needs a third of it, whatever the meter says."""
CODES = (*range(1, 12), 0x84, 0xFF)
INTERESTING = (b"\x00", b"\xff", b"\x7f", b"\x80", b"\x99")


def known_answers(vectors: Sequence[Vector]) -> dict[bytes, bytes]:
    """Every reply of the transcripts by its question."""
    return {
        exchange.send: exchange.receive
        for vector in vectors
        for conversation in vector.conversations
        for exchange in conversation.exchanges
        if exchange.receive is not None
    }


def nonsense(request: bytes, chance: random.Random) -> bytes:
    """A well-framed reply of the right length with random contents."""
    unit, function = request[0], request[1]
    if function == WRITE_MULTIPLE:
        return frame(function, request[2:6], unit, Framing.RTU)
    sizes = {3: 2 * request[5], 4: 2 * request[5], 17: 50, 65: chance.choice((78, 172))}
    size = sizes[function] % 256
    data = chance.choice(INTERESTING) * size if chance.random() < 0.3 else chance.randbytes(size)
    return frame(function, bytes([size]) + data, unit, Framing.RTU)


def mutated(reply: bytes, chance: random.Random) -> bytes:
    """The reply with some bytes changed, framed anew; sometimes a refusal, sometimes damaged on the wire."""
    unit, function, data = reply[0], reply[1], bytearray(reply[2:-2])
    kind = chance.random()
    if kind < 0.1:
        return frame(function | REFUSED, bytes([chance.choice(CODES)]), unit, Framing.RTU)
    if kind < 0.2:
        return chance.randbytes(chance.randint(0, 9)) + reply[: chance.randrange(len(reply))]
    for _ in range(chance.randint(1, 6)):
        data[chance.randrange(len(data))] = chance.choice((0, 0xFF, 0x7F, 0x80, chance.randrange(256)))
    return frame(function, bytes(data), unit, Framing.RTU)


def run(count: int, seed: int) -> Report:
    chance, report = random.Random(seed), Report()
    vectors = [load_vector(file.read_text("utf-8"), file.name) for file in sorted(VECTORS.glob("*.toml"))]
    answers = known_answers(vectors)
    for _ in range(count):
        vector = chance.choice(vectors)
        call = chance.choice(vector.conversations)
        began = time.perf_counter()
        try:
            conversation = begin(ModbusDriver(load(vector.model)), vector, call)
            outcome = ended(conversation, partial(_answered, answers=answers, chance=chance), MOST_EXCHANGES)
        except Exception as error:  # noqa: BLE001 - to find foreign errors is the purpose
            outcome = "foreign"
            report.foreign.append(f"{vector.model} {call.call}: {error!r}")
        report.slowest = max(report.slowest, time.perf_counter() - began)
        report.outcomes[outcome] += 1
    return report


def _answered(
    conversation: Conversation[object], step: Step, *, answers: dict[bytes, bytes], chance: random.Random
) -> Step:
    if not isinstance(step, Exchange):
        return conversation.send(b"")
    reply = answers.get(step.request) or nonsense(step.request, chance)
    if chance.random() < 0.3:
        reply = mutated(reply, chance)
    end = step.complete(reply)
    return conversation.throw(FrameError()) if end is None else conversation.send(reply[:end])


if __name__ == "__main__":
    sys.exit(command_line(run, "conversations"))
