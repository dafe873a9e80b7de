"""Answers the drivers of every family with mutated replies, and has every protocol explain mutated frames.

    python -m tests.fuzz.families --conversations 100000 --seed 1

prints how they ended and the slowest one. A question that a transcript knows is mostly answered from it, any
other by another reply of the protocol, silence or random bytes; most mutants get right checksums, so that
they reach the decoders. Only our own errors may come out, after a bounded number of steps.
"""

from __future__ import annotations

import random
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from metering.errors import FrameError, NoResponse
from protocols import catalogue
from protocols.conversation import Conversation, Exchange, Step
from protocols.family import Family
from protocols.playback import begin
from protocols.vectors import Vector, load
from tests.fuzz.outcomes import Report, command_line
from tests.fuzz.talk import ended

VECTORS = Path(__file__).parents[1] / "vectors"
MOST_STEPS = 4000
"""More than the longest archive of any transcript needs, whatever the meter says."""
SILENCE, MUTATION, EXPLANATION = 0.03, 0.3, 0.2
INTERESTING = (0x00, 0xFF, 0x7F, 0x80, 0x99, 0x30)


@dataclass(slots=True)
class Protocol:
    """A family with its transcripts; replies by question, and all of them."""

    family: Family
    vectors: list[Vector] = field(default_factory=list)
    answers: dict[bytes, bytes] = field(default_factory=dict)

    def add(self, vector: Vector) -> None:
        self.vectors.append(vector)
        for conversation in vector.conversations:
            for exchange in conversation.exchanges:
                if exchange.receive:
                    self.answers[exchange.send] = exchange.receive


def protocols() -> list[Protocol]:
    """Every family that has transcripts."""
    found = {name: Protocol(family) for name, family in catalogue.families().items()}
    for file in sorted(VECTORS.glob("*/*.toml")):
        found[file.parent.name].add(load(file.read_text("utf-8"), file.name))
    return [one for one in found.values() if one.answers]


def mutated(reply: bytes, family: Family, chance: random.Random) -> bytes:
    """Some bytes changed, mostly with right checksums; sometimes cut, lengthened or behind noise."""
    data = bytearray(reply or b"\x00")
    for _ in range(chance.randint(1, 6)):
        data[chance.randrange(len(data))] = chance.choice((*INTERESTING, chance.randrange(256)))
    kind = chance.random()
    if kind < 0.1:
        return chance.randbytes(chance.randint(0, 9)) + bytes(data[: chance.randrange(len(data))])
    if kind < 0.2:
        return bytes(data) + chance.randbytes(chance.randint(1, 40))
    return bytes(data) if kind < 0.3 else family.reseal(bytes(data))


def run(count: int, seed: int) -> Report:
    chance, report, every = random.Random(seed), Report(), protocols()
    for _ in range(count):
        protocol = chance.choice(every)
        began = time.perf_counter()
        try:
            explains = chance.random() < EXPLANATION
            outcome = _explained(protocol, chance) if explains else _ended(protocol, chance)
        except Exception as error:  # noqa: BLE001 - to find foreign errors is the purpose
            outcome = "foreign"
            report.foreign.append(f"{protocol.family.protocol}: {error!r}")
        report.slowest = max(report.slowest, time.perf_counter() - began)
        report.outcomes[outcome] += 1
    return report


def _explained(protocol: Protocol, chance: random.Random) -> str:
    frame = chance.choice((*protocol.answers, *protocol.answers.values()))
    frame = mutated(frame, protocol.family, chance)
    try:
        explained = protocol.family.explain(frame)
    except FrameError:
        return "explain: FrameError"
    assert b"".join(one.data for one in explained) == frame, frame.hex()
    return "explained"


def _ended(protocol: Protocol, chance: random.Random) -> str:
    vector = chance.choice(protocol.vectors)
    driver = catalogue.driver(vector.model, choices=vector.choices)
    conversation = begin(driver, vector, chance.choice(vector.conversations))
    return ended(conversation, partial(_answered, protocol=protocol, chance=chance), MOST_STEPS)


def _answered(
    conversation: Conversation[object], step: Step, *, protocol: Protocol, chance: random.Random
) -> Step:
    if not isinstance(step, Exchange):
        return conversation.send(b"")
    if chance.random() < SILENCE:
        return conversation.throw(NoResponse())
    reply = protocol.answers.get(step.request) or _another(protocol, chance)
    if chance.random() < MUTATION:
        reply = mutated(reply, protocol.family, chance)
    end = step.complete(reply)
    return conversation.throw(FrameError()) if end is None else conversation.send(reply[:end])


def _another(protocol: Protocol, chance: random.Random) -> bytes:
    if chance.random() < 0.3:
        return chance.randbytes(chance.randint(1, 300))
    return chance.choice(tuple(protocol.answers.values()))


if __name__ == "__main__":
    sys.exit(command_line(run, "conversations"))
