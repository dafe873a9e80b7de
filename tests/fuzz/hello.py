"""Lets strangers speak to the listener: only our own errors may come out, soon and of bounded memory.

    python -m tests.fuzz.hello --inputs 100000 --seed 1

Mutated hellos, PROXY headers, streams and replies of gateways, cut at random places into reads.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Callable, Iterator

from metering.errors import TeploError
from protocols.conversation import Conversation, Exchange
from protocols.gateway_reports import read_signal, read_sim
from protocols.gateway_stream import GatewayStream
from protocols.gateways.irz_packets import KEEP_ALIVE, LARGEST_PAYLOAD, Packet
from protocols.gateways.wrx import WrxFrame
from protocols.hello import LONGEST_IDENTITY, Expected, HelloKind, recognise
from protocols.proxy_protocol import parse
from tests.fuzz.outcomes import Report, command_line

IMEI = b"356938035643809"
SIM = b"8970199000000000015"
HEAD_OF_PROXY = bytes.fromhex("0D 0A 0D 0A 00 0D 0A 51 55 49 54 0A")
SEEDS = (
    b"AT$IMEI=861785006123456,PSW=5492,TYP=ATM,DEV=ATM31,SIM=0,CSQ=17,COLPROT=1.3,INT=485+232,\n",
    WrxFrame(7, 0, b"\x05" + IMEI + bytes(46) + b"\x01").encode(),
    WrxFrame(2, 0x7B, b"\x16").encode(),
    WrxFrame(2, 0xFF, b"\x7b\x02").encode(),
    b"IMEI:" + IMEI + b"\r\n",
    IMEI.hex().encode(),
    b"ICCID=" + SIM + b"F",
    b"LOGIN:1001\r\n",
    bytes.fromhex("D8 B0 4C 01 02 03"),
    b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n",
    HEAD_OF_PROXY + bytes.fromhex("21 11 00 0C C0 00 02 07 C6 33 64 01 DC 04 01 BB"),
    Packet(1, bytes.fromhex("68 03 03 68 08 05 72 7F 16")).encode(),
    Packet(2, KEEP_ALIVE).encode() + KEEP_ALIVE,
    Packet(12, b"\x01\x40\x01\x11").encode(),
    Packet(12, b"\x01\x40\x0b" + SIM).encode(),
    b"\x55\xaaping\x00",
)
EXPECTED = (
    Expected(),
    Expected(frozenset(HelloKind)),
    Expected(patterns=(re.compile(rb"LOGIN:(\d{1,8})"), re.compile(rb"([A-F0-9]{12})"))),
)

HEARTBEATS = ((b"\x55\xaa", b"\xaa\x55"), (b"ping", b"pong"), (b"\x00", b""))


class Unbounded(AssertionError):
    """More was held back, answered or made up than may be."""


def heard(chance: random.Random) -> bytes:
    """Some seeds in a row with some bytes changed, dropped or doubled."""
    octets = bytearray(b"".join(chance.choices(SEEDS, k=chance.choice((1, 1, 1, 2, 5)))))
    for _ in range(chance.choice((0, 0, 1, 2, 8))):
        place = chance.randrange(len(octets))
        width = chance.choice((0, 1, 1, 3))
        octets[place : place + width] = chance.randbytes(chance.choice((0, 1, 1, 2, 40))) or b"\xc0"
    return bytes(octets) if chance.random() < 0.9 else chance.randbytes(chance.randint(0, 700))


def reads(octets: bytes, chance: random.Random) -> Iterator[bytes]:
    """The bytes as they may come out of a socket."""
    while octets:
        size = chance.choice((1, 2, 7, 40, 600))
        yield octets[:size]
        octets = octets[size:]


def greeted(chance: random.Random) -> str:
    """The listener's loop: everything heard so far is looked at after each read, and after a pause."""
    expected, so_far = chance.choice(EXPECTED), b""
    for read in reads(heard(chance), chance):
        so_far += read
        hello = recognise(so_far, paused=chance.random() < 0.05, expected=expected)
        if hello is not None:
            break
    else:
        hello = recognise(so_far, paused=True, expected=expected)
    if hello is None:
        return "silence"
    if not (0 < len(hello.identity) <= LONGEST_IDENTITY and so_far.endswith(hello.rest)):
        raise Unbounded(f"identity {hello.identity!r}, rest {hello.rest!r}")
    return hello.kind


def proxied(chance: random.Random) -> str:
    octets = heard(chance)
    found = parse(octets)
    if found is not None and not 0 < found.length <= len(octets):
        raise Unbounded(f"a header of {found.length} bytes among {len(octets)}")
    return "incomplete" if found is None else "proxied"


def streamed(chance: random.Random) -> str:
    """A stream gives back no byte that it was not given, and keeps no more than a packet."""
    encapsulated, prefix = chance.random() < 0.5, chance.choice((b"", b"LOGIN:1001"))
    stream = GatewayStream(HelloKind.IRZ, encapsulated=encapsulated, heartbeats=HEARTBEATS, prefix=prefix)
    octets, payload = heard(chance), b""
    for read in reads(octets, chance):
        payload += stream.hear(read)
        payload += stream.quiet() if chance.random() < 0.1 else b""
    payload += stream.quiet()
    flushed = stream.hear(bytes(LARGEST_PAYLOAD + 20)) if encapsulated else b""
    if stream.pending or len(payload) > len(octets) or len(flushed) > len(octets) + LARGEST_PAYLOAD + 20:
        raise Unbounded(f"{len(octets)} bytes became {len(payload)}")
    return "heartbeats" if stream.heartbeats else "payload"


def reported(chance: random.Random) -> str:
    conversations: tuple[Conversation[object] | None, ...] = (
        read_signal(HelloKind.IRZ, True),
        read_sim(HelloKind.IRZ, True),
        read_signal(HelloKind.WRX, False, service=True),
    )
    conversation, octets = chance.choice(conversations), heard(chance)
    if conversation is None or not isinstance(exchange := next(conversation), Exchange):
        raise Unbounded("no question was asked")
    end = exchange.complete(octets)
    if end is None:
        return "no reply"
    try:
        conversation.send(octets[:end])
    except StopIteration:
        return "report"
    raise Unbounded("more than one question was asked")


TALKS: tuple[Callable[[random.Random], str], ...] = (greeted, proxied, streamed, reported)


def run(count: int, seed: int) -> Report:
    chance, report = random.Random(seed), Report()
    for _ in range(count):
        talk = chance.choice(TALKS)
        began = time.perf_counter()
        try:
            outcome = talk(chance)
        except TeploError as error:
            outcome = type(error).__name__
        except Exception as error:  # noqa: BLE001 - to find foreign errors is the purpose
            outcome = "foreign"
            report.foreign.append(f"{talk.__name__}: {error!r}")
        report.slowest = max(report.slowest, time.perf_counter() - began)
        report.outcomes[outcome] += 1
    return report


if __name__ == "__main__":
    sys.exit(command_line(run, "inputs"))
