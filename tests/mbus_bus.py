"""A small M-Bus line for tests: meters that answer by m-bus.md section 3.

It is written from the reference and shares no code with the drivers.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.back_to_back import Bench, Disturb

ACK = b"\xe5"
NOISE = b"\x68\x13\x00\xff"


def frame(body: bytes) -> bytes:
    """A long frame around C, A and payload."""
    return bytes((0x68, len(body), len(body), 0x68)) + body + bytes((sum(body) & 0xFF, 0x16))


@dataclass
class Meter:
    """`telegrams` are the record bytes of one read-out, one telegram after the other; the last one stays."""

    number: int
    identification: str
    telegrams: tuple[bytes, ...] = (bytes.fromhex("04 06 01 00 00 00"),)
    maker: bytes = b"\x2d\x2c"
    version: int = 0x08
    medium: int = 0x04
    acknowledges_reset: bool = True
    refusal: bytes = b""
    selected: bool = False
    _count: int | None = None
    _telegram: int = -1
    _access: int = 0

    def hear(self, asked: bytes) -> bytes:
        if asked[0] == 0x10:
            return self._short(asked[1], asked[2])
        if asked[5] == 0xFD and asked[6] == 0x52:
            self.selected = self._matches(asked[7:15])
            self._count = None
            return ACK if self.selected else b""
        return ACK if self._addressed(asked[5]) else b""

    def _short(self, control: int, address: int) -> bytes:
        if not self._addressed(address):
            return b""
        if control == 0x40:
            self.selected, self._count, self._telegram = False, None, -1
            return ACK if self.acknowledges_reset else b""
        if self.refusal:
            return frame(bytes((0x08, self.number)) + self.refusal)
        return self._answer(control & 0x20)

    def _answer(self, count: int) -> bytes:
        if count != self._count:
            self._telegram = min(self._telegram + 1, len(self.telegrams) - 1)
            self._access = (self._access + 1) & 0xFF
        self._count = count
        header = bytes.fromhex(self.identification)[::-1] + self.maker + bytes((self.version, self.medium))
        payload = b"\x72" + header + bytes((self._access, 0, 0, 0)) + self.telegrams[self._telegram]
        return frame(bytes((0x08, self.number)) + payload)

    def _addressed(self, address: int) -> bool:
        return address in (self.number, 0xFE) or (address == 0xFD and self.selected)

    def _matches(self, wanted: bytes) -> bool:
        digits = zip(wanted[3::-1].hex().upper(), self.identification, strict=True)
        rest = self.maker + bytes((self.version, self.medium))
        parts = ((wanted[4:6], rest[:2]), (wanted[6:7], rest[2:3]), (wanted[7:8], rest[3:4]))
        return all(want in ("F", digit) for want, digit in digits) and all(
            want in (part, b"\xff" * len(part)) for want, part in parts
        )


@dataclass
class Bus:
    """Several answers at once are garbled, except acknowledgements, which are alike."""

    meters: list[Meter]

    def hear(self, asked: bytes) -> bytes:
        replies = [reply for reply in (meter.hear(asked) for meter in self.meters) if reply]
        return replies[0] if len(set(replies)) == 1 else b"".join(NOISE for _ in replies)


def bus_of(meters: list[Meter], disturb: Disturb = lambda asked, reply: reply) -> Bench[Bus]:
    return Bench(Bus(meters), disturb)
