"""Mutates pushed messages and decodes them: only our own errors may come out, soon.

python -m tests.fuzz.push --messages 1000000 --seed 1
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from collector.mqtt.pushed_reports import PushingState, report_of
from metering.errors import TeploError
from protocols.push.pushed import Message
from protocols.push.sources import SOURCES
from storage.push import PushingMeter
from tests.fuzz.outcomes import Report, command_line
from tests.unit.test_push_kamstrup2mqtt import PLAIN
from tests.unit.test_push_radio import AXIOMA, chirpstack, things_stack
from tests.unit.test_push_wmbusmeters import QUALCOSONIC, ULTRAHEAT

NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
SEEDS: Final = {
    "wmbusmeters": (ULTRAHEAT.encode(), QUALCOSONIC.encode()),
    "kamstrup2mqtt": (json.dumps(PLAIN).encode(),),
    "chirpstack": (chirpstack().payload,),
    "things-stack": (things_stack().payload,),
    "wireless-m-bus": (AXIOMA.encode(),),
}
WORDS: Final = (
    b"null", b"true", b"-2147483648", b"1e999", b"NaN", b"{}", b"[]", b'""', b"0", b"-1", b"9" * 30, b"0.1",
    b'"1999-11-30"', b'"9999-12-31T23:59:59-23:59"', b'"0001-01-01T00:00:00+23:59"', b"\\ud800", b"\x00",
)  # fmt: skip
STATE: Final = PushingState(PushingMeter(1, "70444600", "m", "+05:00", {1: "exact"}), ())


def mutants(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Bytes changed, taken out and repeated; values of members replaced by odd ones."""
    chance = random.Random(seed)
    sources = list(SEEDS)
    for number in range(count):
        source = sources[number % len(sources)]
        data = bytearray(chance.choice(SEEDS[source]))
        for _ in range(chance.randint(0, 3)):
            _mutate(data, chance)
        yield source, bytes(data)


def _mutate(data: bytearray, chance: random.Random) -> None:
    place, length = chance.randrange(len(data) + 1), chance.randint(1, 12)
    match chance.randrange(5):
        case 0:
            data[place : place + length] = b""
        case 1:
            data[place:place] = data[place : place + length]
        case 2:
            data[place : place + 1] = bytes((chance.randrange(256),))
        case 3:
            data[place : place + 2] = b"%02X" % chance.randrange(256)
        case _:
            _replace_member(data, chance)


def _replace_member(data: bytearray, chance: random.Random) -> None:
    colons = [place for place, octet in enumerate(data) if octet == ord(":")]
    if not colons:
        return
    start = chance.choice(colons) + 1
    end = min(
        (found for found in (data.find(b",", start), data.find(b"}", start)) if found > 0), default=start
    )
    data[start:end] = chance.choice(WORDS)


def decode(source: str, payload: bytes) -> str:
    """The name of what came of it; what is decoded must make a report, too."""
    message = Message("a/b", payload, NOW)
    try:
        pushed = SOURCES[source].decode(message)
        if pushed is None:
            return "nothing"
        report_of(source, message, pushed, STATE)
    except TeploError as error:
        return type(error).__name__
    return "decoded"


def run(count: int, seed: int) -> Report:
    report = Report()
    for source, payload in mutants(count, seed):
        began = time.perf_counter()
        try:
            outcome = decode(source, payload)
        except Exception as error:  # noqa: BLE001 - to find foreign errors is the purpose
            outcome = "foreign"
            report.foreign.append(f"{source}: {error!r}: {payload!r}")
        report.slowest = max(report.slowest, time.perf_counter() - began)
        report.outcomes[outcome] += 1
    return report


if __name__ == "__main__":
    sys.exit(command_line(run, "messages"))
