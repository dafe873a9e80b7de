"""The contract of every meter driver, and what a driver says about itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from metering.calendar import ArchiveKind, MeterSlot
from metering.meters import MeterConfiguration, MeterIdentity
from metering.readings import Snapshot
from protocols.conversation import Conversation


class Stamp(StrEnum):
    """What a record's own time stamp means."""

    SLOT_START = "slot_start"
    SLOT_END = "slot_end"


class Verification(StrEnum):
    """What our description of a model was checked against."""

    WIRE_LOG = "wire_log"
    MAKER_DOCUMENT = "maker_document"
    SECOND_IMPLEMENTATION = "second_implementation"
    NOT_ON_HARDWARE = "not_verified_on_hardware"


@dataclass(frozen=True, slots=True)
class LineDefaults:
    """Serial settings and times of a model; times in seconds."""

    baud: int = 2400
    parity: str = "E"
    timeout: float = 2.0
    quiet: float = 0.05
    stop: int = 1


@dataclass(frozen=True, slots=True)
class Choice:
    """What a reference leaves open: a setting of the line, written `<protocol>.<name>=<word>` in its URL.

    The first word is the default. `why` tells an engineer what depends on it and what is not known.
    """

    name: str
    words: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class DriverInfo:
    """What can be known of a model without asking a meter.

    `depths`: records per archive kind, none where the kind is absent. `totals_every`: whether total records
    stand at the starts of days or of months. `whole_snapshot`: a snapshot brings identity and clock with it,
    so that a poll needs one read-out and not three. `whole_archives`: an archive is read out whole, however
    many of its slots are wanted. `default_address`: where a single meter answers when
    nobody says which. `sets_clock`: the driver is a ClockSetter as well.
    """

    model: str
    protocol: str
    maker: str
    title: str
    manual: str
    verification: Verification
    line: LineDefaults = LineDefaults()
    depths: Mapping[ArchiveKind, int] = field(default_factory=dict)
    totals_every: ArchiveKind = ArchiveKind.DAY
    stamp: Stamp = Stamp.SLOT_START
    largest_request: int = 255
    polls_per_day: int | None = None
    whole_snapshot: bool = False
    whole_archives: bool = False
    default_address: str = "1"
    choices: tuple[Choice, ...] = ()
    sets_clock: bool = False
    notes: tuple[str, ...] = ()


class Driver(Protocol):
    """Speaks to one model. An address is the line's text for a meter: `5`, or M-Bus secondary `12345678`."""

    @property
    def info(self) -> DriverInfo: ...

    def identify(self, address: str) -> Conversation[MeterIdentity]: ...

    def read_configuration(self, address: str) -> Conversation[MeterConfiguration]: ...

    def read_clock(self, address: str, configuration: MeterConfiguration) -> Conversation[datetime | None]:
        """The meter's own naive time; None when the model does not send it."""
        ...

    def read_current(self, address: str, configuration: MeterConfiguration) -> Conversation[Snapshot]: ...

    def read_archive(
        self, address: str, configuration: MeterConfiguration, kind: ArchiveKind, slots: Sequence[MeterSlot]
    ) -> Conversation[None]:
        """Delivers an ArchiveRecord or a Gap for each of these slots, record by record."""
        ...


@runtime_checkable
class ClockSetter(Protocol):
    """What a driver can do besides, where the maker's document gives it. Nothing else is ever written."""

    def set_clock(
        self, address: str, configuration: MeterConfiguration, meter_time: datetime
    ) -> Conversation[None]:
        """Sets the meter's naive clock; whether it took the time is seen by reading it again."""
        ...
