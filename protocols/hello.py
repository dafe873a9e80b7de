"""Who connected to us: recognised by its first bytes, or named as a stranger (gprs-gateways.md, 2)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from protocols.gateways import irz, wrx
from protocols.gateways.greeting import (
    LARGEST_HELLO,
    LONGEST_IDENTITY,
    USUAL_KINDS,
    Doubt,
    Expected,
    Hello,
    HelloKind,
    UnknownHello,
)
from protocols.gateways.registration import (
    recognise_digits,
    recognise_mac,
    recognise_pattern,
    recognise_text,
)
from protocols.gateways.strangers import looks_like
from protocols.gateways.wrx import WRX_PROBE

__all__ = [
    "LARGEST_HELLO",
    "LONGEST_IDENTITY",
    "USUAL_KINDS",
    "WRX_PROBE",
    "Expected",
    "Hello",
    "HelloKind",
    "UnknownHello",
    "answer",
    "recognise",
]

Recogniser = Callable[[bytes, bool, Expected], Hello | Doubt]

FORMS: Final[tuple[tuple[frozenset[HelloKind], Recogniser], ...]] = (
    (frozenset({HelloKind.IRZ}), irz.recognise),
    (frozenset({HelloKind.WRX}), wrx.recognise),
    (frozenset({HelloKind.IMEI, HelloKind.ICCID}), recognise_digits),
)
"""Hellos that nothing else looks like."""
LOOSE_FORMS: Final[tuple[tuple[frozenset[HelloKind], Recogniser], ...]] = (
    (frozenset({HelloKind.TEXT}), recognise_text),
    (frozenset({HelloKind.MAC}), recognise_mac),
)


def recognise(heard: bytes, *, paused: bool, expected: Expected) -> Hello | None:
    """Whose first bytes these are; None while more are needed, also after a pause when nothing was heard.

    `heard` is everything since the connection began. `paused`: nothing followed for a while; what could still
    grow is taken as it is then. UnknownHello says what the bytes look like.
    """
    if not heard:
        return None
    if len(heard) > LARGEST_HELLO:
        raise UnknownHello(f"More than {LARGEST_HELLO} bytes before a hello; this {looks_like(heard)}")
    for recogniser in _recognisers(expected):
        verdict = recogniser(heard, paused, expected)
        if isinstance(verdict, Hello):
            return verdict
        if verdict is Doubt.MORE and not paused:
            return None
    raise _unknown(heard, expected)


def answer(hello: Hello, meter_time: datetime) -> bytes:
    """What the modem wants to hear before it passes anything on; b"" for most."""
    if hello.kind is HelloKind.IRZ:
        return irz.answer(meter_time)
    return wrx.ACCEPTED if hello.kind is HelloKind.WRX else b""


def _recognisers(expected: Expected) -> list[Recogniser]:
    return [recognise_pattern, *_of(FORMS, expected), *_of(LOOSE_FORMS, expected)]


def _of(forms: tuple[tuple[frozenset[HelloKind], Recogniser], ...], expected: Expected) -> list[Recogniser]:
    return [recogniser for kinds, recogniser in forms if kinds & expected.kinds]


def _unknown(heard: bytes, expected: Expected) -> UnknownHello:
    begun = any(form(heard, False, expected) is Doubt.MORE for form in _of(FORMS, expected))
    cut = "is cut short or wrong; it " if begun else ""
    return UnknownHello(f"The hello {cut}{looks_like(heard)}")
