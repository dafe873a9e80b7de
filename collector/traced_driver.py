"""A driver that marks in a trace which of its calls the bytes belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from collector.links.trace import TraceLink
from metering.calendar import ArchiveKind, MeterSlot
from metering.meters import MeterConfiguration, MeterIdentity
from metering.readings import Snapshot
from protocols.conversation import Conversation
from protocols.driver import Driver, DriverInfo


@dataclass(frozen=True, slots=True)
class TracedDriver:
    """Behaves as the driver within."""

    inner: Driver
    trace: TraceLink

    @property
    def info(self) -> DriverInfo:
        return self.inner.info

    def identify(self, address: str) -> Conversation[MeterIdentity]:
        self.trace.begin("identify")
        return (yield from self.inner.identify(address))

    def read_configuration(self, address: str) -> Conversation[MeterConfiguration]:
        self.trace.begin("read_configuration")
        return (yield from self.inner.read_configuration(address))

    def read_clock(self, address: str, configuration: MeterConfiguration) -> Conversation[datetime | None]:
        self.trace.begin("read_clock")
        return (yield from self.inner.read_clock(address, configuration))

    def read_current(self, address: str, configuration: MeterConfiguration) -> Conversation[Snapshot]:
        self.trace.begin("read_current")
        return (yield from self.inner.read_current(address, configuration))

    def read_archive(
        self, address: str, configuration: MeterConfiguration, kind: ArchiveKind, slots: Sequence[MeterSlot]
    ) -> Conversation[None]:
        self.trace.begin("read_archive", kind=kind.value, starts=[slot.start for slot in slots])
        return (yield from self.inner.read_archive(address, configuration, kind, slots))
