"""What a modem says of itself when it connects to us (gprs-gateways.md, 2)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Final

from metering.errors import ConfigurationError, DecodeError
from metering.modems import ModemIdentity
from metering.signals import SignalReport

LARGEST_HELLO: Final = 512
"""Nobody needs more bytes to say who he is."""
LONGEST_IDENTITY: Final = 80
"""The longest registration string of the makers' manuals."""


class HelloKind(StrEnum):
    """By what a modem is known."""

    IRZ = "irz"
    WRX = "wrx"
    IMEI = "imei"
    ICCID = "iccid"
    MAC = "mac"
    TEXT = "text"
    """A registration string."""
    PORT = "port"
    """It says nothing; a listener's port is its own."""
    ADDRESS = "address"
    """It says nothing; its network address is known."""


class UnknownHello(DecodeError):
    """A modem connected that says nothing we understand."""


USUAL_KINDS: Final = frozenset({HelloKind.IRZ, HelloKind.WRX, HelloKind.IMEI, HelloKind.ICCID})
"""Those that nothing else is easily taken for."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a listener takes for a hello.

    `patterns` match from the first byte; the one group of each is the identity. `probe`: WRX_PROBE is sent
    first, because the gateways of this listener wait for it. MAC and TEXT, which nearly anything looks like,
    are taken only where `kinds` names them; a pattern needs no kind.
    """

    kinds: frozenset[HelloKind] = USUAL_KINDS
    patterns: tuple[re.Pattern[bytes], ...] = ()
    probe: bool = False

    def __post_init__(self) -> None:
        for pattern in self.patterns:
            if pattern.groups != 1:
                raise ConfigurationError(
                    f"The hello pattern {pattern.pattern!r} has {pattern.groups} groups; "
                    "one pair of parentheses must stand round the identity."
                )


@dataclass(frozen=True, slots=True)
class Hello:
    """Who connected.

    `identity`: IMEI or ICCID digits, the text, or mac: and twelve hexadecimal digits. `rest`: the first data,
    that came behind the hello. `encapsulated`: its data travel in packets. `service`: this connection takes
    commands for the gateway and leads to no meter. A password in a hello is not kept.
    """

    kind: HelloKind
    identity: str
    rest: bytes = b""
    encapsulated: bool = False
    report: SignalReport | None = None
    modem: ModemIdentity = field(default_factory=ModemIdentity)
    service: bool = False


class Doubt(Enum):
    """Why a recogniser names nobody."""

    MORE = "these bytes may become a hello"
    OTHER = "these bytes are something else"
