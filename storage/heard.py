"""What collectors hear of modems beside readings; each batch is stored once, however often it is told."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import UTC
from hashlib import blake2b
from uuid import UUID

from metering.modems import ModemIdentity
from metering.signals import SignalLevel
from storage.modem_rows import Contact


@dataclass(frozen=True, slots=True)
class HeardLevels:
    """Signal levels of one modem."""

    modem_id: int
    levels: tuple[SignalLevel, ...]


@dataclass(frozen=True, slots=True)
class HeardContacts:
    """What was heard of modems since the batch before."""

    contacts: tuple[Contact, ...]

    @property
    def id(self) -> UUID:
        """The same for the same contacts, wherever and whenever they are told again."""
        told = [
            (one.modem_id, one.at.astimezone(UTC).isoformat(), one.sent, one.received, _said(one.identity))
            for one in self.contacts
        ]
        return UUID(bytes=blake2b(repr(told).encode(), digest_size=16).digest())


def _said(identity: ModemIdentity | None) -> tuple[str, ...]:
    return astuple(identity) if identity else ()
