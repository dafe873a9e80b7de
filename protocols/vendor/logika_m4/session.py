"""Sessions: waking a device, saying whom we mean, and learning what it is (logika-m4.md section 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from metering.errors import ConfigurationError, WrongMeter
from protocols.vendor.logika_m4.frames import ANYBODY

SESSION: Final = 0x3F
SESSION_ANSWER_SIZE: Final = 3
"""Two bytes of signature and the version."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What a model answers to a session request: two fixed bytes, and its versions."""

    word: bytes
    versions: range

    def admits(self, answer: bytes) -> bool:
        """Whether a device with this answer is such a model."""
        return answer[:2] == self.word and answer[2] in self.versions


KNOWN: Final = (
    ("SPT941 mod. 01-08", Signature(b"\x54\x29", range(0x00, 0x100))),
    ("SPT941.10/11", Signature(b"\x92\x29", range(0x00, 0x80))),
    ("SPT941.20", Signature(b"\x92\x29", range(0x80, 0x100))),
    ("SPT942", Signature(b"\x54\x2a", range(0x00, 0x100))),
    ("SPT943", Signature(b"\x54\x2b", range(0x00, 0x0A))),
    ("SPT943.1 rev. 3", Signature(b"\x54\x2b", range(0x0A, 0x20))),
    ("SPT944", Signature(b"\x54\x2c", range(0x00, 0x0B))),
    ("SPT940", Signature(b"\x92\x28", range(0x00, 0x100))),
)
"""Every device of this bus that its maker's documents name."""


def device_name(answer: bytes) -> str:
    """The maker's name of a device that answers so; empty when the documents do not name it."""
    return next((name for name, signature in KNOWN if signature.admits(answer)), "")


def check_model(title: str, signature: Signature, answer: bytes) -> None:
    """WrongMeter when another model than the registered one answered."""
    if not signature.admits(answer):
        who = device_name(answer) or "an unknown device"
        raise WrongMeter(
            f"{who} answered ({answer.hex(' ')}), not {title}: correct the model in the registry."
        )


def network_of(address: str) -> int:
    """The network number of an address; ConfigurationError when it is none."""
    if not (address.isascii() and address.isdecimal() and len(address) <= 3 and int(address) <= ANYBODY):
        raise ConfigurationError(
            f"{address!r} is no network number (NT): write 0 to 254, or 255 for the only meter of a line."
        )
    return int(address)


def session_request(channel: int) -> bytes:
    """The data of a session request; the channel matters to old two-channel devices."""
    return bytes((channel, 0, 0, 0))
