"""Mutates M-Bus frames and decodes them: only our own errors may come out, soon and within a little memory.

    python -m tests.fuzz.mbus --frames 1000000 --seed 1

prints how many frames were decoded or refused, the slowest one and the memory used. The corpus is the
telegrams of the protocol references; most mutants get a right checksum, so that they reach the records.
"""

from __future__ import annotations

import random
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from metering.errors import TeploError
from protocols.mbus import compact, frames, records
from protocols.mbus.explain import explain_bytes, explain_json
from protocols.mbus.frames import RSP_UD, LongFrame
from protocols.mbus.layout import LearningDecoder
from protocols.mbus.words import PRIMARY_STATION
from tests.fuzz.outcomes import Report, command_line

REFERENCES = Path(__file__).parents[1] / "fixtures" / "m-bus" / "reference-telegrams.toml"
ANSWERS = (0x72, 0x72, 0x72, 0x73, 0x76, 0x77, 0x78, 0x7A, 0x70, 0x71)
"""CI fields of random payloads; the common one comes more often."""
INTERESTING = (0x00, 0x0D, 0x0F, 0x1F, 0x2F, 0x7C, 0x7F, 0x80, 0x8D, 0xEF, 0xF0, 0xFB, 0xFC, 0xFD, 0xFF)

COMPARED = 5
"""One in so many frames is explained and decoded by learned layouts too, which takes four times as long."""

Mutation = Callable[[bytearray, random.Random], None]


def flip_bits(octets: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 8)):
        octets[chance.randrange(len(octets))] ^= 1 << chance.randrange(8)


def truncate(octets: bytearray, chance: random.Random) -> None:
    del octets[chance.randrange(len(octets)) :]


def insert(octets: bytearray, chance: random.Random) -> None:
    place = chance.randrange(len(octets) + 1)
    octets[place:place] = chance.randbytes(chance.randint(1, 8))


def duplicate(octets: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(octets))
    end = min(len(octets), start + chance.randint(1, 40))
    octets[end:end] = octets[start:end]


def remove(octets: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(octets))
    del octets[start : start + chance.randint(1, 8)]


def put_interesting(octets: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 6)):
        octets[chance.randrange(len(octets))] = chance.choice(INTERESTING)


def randomise(octets: bytearray, chance: random.Random) -> None:
    octets[:] = bytes((chance.choice(ANSWERS),)) + chance.randbytes(chance.randint(0, 252))


MUTATIONS: tuple[Mutation, ...] = (
    flip_bits,
    truncate,
    insert,
    duplicate,
    remove,
    put_interesting,
    randomise,
)


def corpus() -> list[bytes]:
    telegrams = tomllib.loads(REFERENCES.read_text("utf-8"))["telegram"]
    return [bytes.fromhex(telegram["frame"]) for telegram in telegrams]


def mutants(count: int, seed: int) -> Iterator[bytes]:
    """Frames with one to three mutations, every eighth of the wire bytes, the others of the payload."""
    chance = random.Random(seed)
    originals = corpus()
    for number in range(count):
        frame = chance.choice(originals)
        yield _in_the_payload(frame, chance) if number % 8 else _mutated(frame, chance)


def _mutated(octets: bytes, chance: random.Random) -> bytes:
    changed = bytearray(octets)
    for mutation in chance.choices(MUTATIONS, k=chance.randint(1, 3)):
        if changed:
            mutation(changed, chance)
    return bytes(changed)


def _in_the_payload(frame: bytes, chance: random.Random) -> bytes:
    payload = _mutated(frame[6:-2], chance)[: frames.LARGEST_PAYLOAD]
    return LongFrame(RSP_UD, frame[5], payload or b"\x72").encode()


def decode(frame: bytes) -> str:
    """The name of what the full decoder made of the frame."""
    frames.find(frame)
    try:
        decoded = frames.decode(frame)
        if not isinstance(decoded, LongFrame):
            return "no data"
        telegram = records.decode(decoded.payload)
        for record in telegram.records:
            compact.expand(record, telegram)
    except TeploError as error:
        return type(error).__name__
    return "decoded"


def compare(frame: bytes, decoder: LearningDecoder) -> None:
    """Whatever the full decoder accepts, the learned layout decodes alike and the explanations cover."""
    explained = explain_json(frame)
    with suppress(TeploError):
        assert b"".join(note.data for note in explain_bytes(frame)) == frame
        decoded = frames.decode(frame)
        if explained["ok"] and isinstance(decoded, LongFrame) and not decoded.control & PRIMARY_STATION:
            assert decoder.decode(decoded.payload) == records.decode(decoded.payload)


def run(count: int, seed: int) -> Report:
    report, decoder = Report(), LearningDecoder()
    for number, frame in enumerate(mutants(count, seed)):
        began = time.perf_counter()
        try:
            outcome = decode(frame)
            if number % COMPARED == 0:
                compare(frame, decoder)
        except Exception as error:  # noqa: BLE001 - to find foreign errors is the purpose
            outcome = "foreign"
            report.foreign.append(f"{error!r}: {frame.hex()}")
        report.slowest = max(report.slowest, time.perf_counter() - began)
        report.outcomes[outcome] += 1
    return report


if __name__ == "__main__":
    sys.exit(command_line(run, "frames"))
