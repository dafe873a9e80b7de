"""What collectors hand on, one thing at a time, and who takes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol, Self

from metering.calls import Call
from metering.errors import DecodeError
from metering.polls import PollReport
from metering.signals import SignalLevel
from storage import wire
from storage.heard import HeardContacts, HeardLevels
from storage.modem_rows import Contact

Value = PollReport | Call | HeardLevels | HeardContacts


class EntryKind(StrEnum):
    """What an entry is."""

    REPORT = "report"
    CALL = "call"
    LEVELS = "levels"
    CONTACTS = "contacts"


class _Codec(NamedTuple):
    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Value]


_CODECS: Final[Mapping[EntryKind, _Codec]] = MappingProxyType(
    {
        EntryKind.REPORT: _Codec(wire.encode_report, wire.decode_report),
        EntryKind.CALL: _Codec(wire.encode_call, wire.decode_call),
        EntryKind.LEVELS: _Codec(wire.encode_levels, wire.decode_levels),
        EntryKind.CONTACTS: _Codec(wire.encode_contacts, wire.decode_contacts),
    }
)


@dataclass(frozen=True, slots=True)
class Entry:
    """`at`: when it came about; nothing is ordered by it."""

    kind: EntryKind
    at: datetime
    value: Value

    @classmethod
    def of_report(cls, report: PollReport) -> Self:
        return cls(EntryKind.REPORT, report.finished_at, report)

    @classmethod
    def of_call(cls, call: Call) -> Self:
        return cls(EntryKind.CALL, call.ended_at, call)

    @classmethod
    def of_levels(cls, modem_id: int, levels: Sequence[SignalLevel]) -> Self:
        """At least one level."""
        return cls(EntryKind.LEVELS, levels[-1].at, HeardLevels(modem_id, tuple(levels)))

    @classmethod
    def of_contacts(cls, contacts: Sequence[Contact]) -> Self:
        """At least one contact."""
        return cls(EntryKind.CONTACTS, contacts[-1].at, HeardContacts(tuple(contacts)))

    @classmethod
    def unpacked(cls, kind: str, at: datetime, data: bytes) -> Self:
        """DecodeError when this is no entry of ours."""
        if kind not in set(EntryKind):
            raise DecodeError(
                f"Nothing of the kind {kind[:50]!r} is known: another version of Teplo wrote it."
            )
        known = EntryKind(kind)
        return cls(known, at, _CODECS[known].decode(data))

    def packed(self) -> bytes:
        """StorageError when it is too large."""
        return _CODECS[self.kind].encode(self.value)


class Sink(Protocol):
    """Where entries go. Putting an entry again changes nothing."""

    async def put(self, entries: Sequence[Entry]) -> None:
        """All of them, or an error.

        StorageUnavailable: none is certain to be stored, put them again later. Another StorageError: at least
        one of them will never be taken; put alone, each of the others is.
        """
        ...
