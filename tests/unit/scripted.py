"""A driver whose answers a test writes down, on a line in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from collector.line_settings import LineSettings
from collector.links.fake import Arrival, FakeLink
from collector.session import Session
from metering.calendar import ArchiveKind, MeterSlot
from metering.errors import TeploError
from metering.meters import MeterConfiguration, MeterIdentity
from metering.quantities import quantity
from metering.readings import ArchiveRecord, MeterValue, Record, Snapshot
from protocols.conversation import Conversation, Deliver, Exchange
from protocols.driver import DriverInfo, Verification

INFO = DriverInfo(
    model="scripted",
    protocol="test",
    maker="Test",
    title="Scripted meter",
    manual="none",
    verification=Verification.NOT_ON_HARDWARE,
    depths={ArchiveKind.HOUR: 10},
)


def heat(value: str) -> MeterValue:
    return MeterValue(quantity("energy_heating"), "Gcal", Decimal(value))


def hour_record(slot: MeterSlot) -> ArchiveRecord:
    return ArchiveRecord(ArchiveKind.HOUR, slot, slot.start, (heat("0.5"),))


def whole(buffer: bytes) -> int | None:
    """A reply is one of two words on a line, wherever it begins."""
    ends = [buffer.find(word) + len(word) for word in (b"ok\n", b"other\n") if word in buffer]
    return min(ends, default=None)


@dataclass
class ScriptedDriver:
    """Asks one question a call; `fail` raises once, before the archive record of this number."""

    serial: str = "100"
    clock: datetime | None = None
    info: DriverInfo = INFO
    fail: dict[int, TeploError] = field(default_factory=dict)
    asked_slots: list[datetime] = field(default_factory=list)
    configurations: int = 0

    def _question(self, text: bytes) -> Conversation[bytes]:
        return (yield Exchange(text + b"\n", whole))

    def identify(self, address: str) -> Conversation[MeterIdentity]:
        yield from self._question(b"who " + address.encode())
        return MeterIdentity(self.serial)

    def read_configuration(self, address: str) -> Conversation[MeterConfiguration]:
        self.configurations += 1
        yield from self._question(b"settings")
        return MeterConfiguration({"unit": "Gcal"})

    def read_clock(self, address: str, configuration: MeterConfiguration) -> Conversation[datetime | None]:
        yield from self._question(b"clock")
        return self.clock

    def read_current(self, address: str, configuration: MeterConfiguration) -> Conversation[Snapshot]:
        yield from self._question(b"now")
        snapshot = Snapshot((heat("12.5"),), self.clock)
        return (
            replace(snapshot, identity=MeterIdentity(self.serial)) if self.info.whole_snapshot else snapshot
        )

    def read_archive(
        self, address: str, configuration: MeterConfiguration, kind: ArchiveKind, slots: Sequence[MeterSlot]
    ) -> Conversation[None]:
        for slot in slots:
            yield from self._question(b"hour")
            self.asked_slots.append(slot.start)
            error = self.fail.pop(len(self.asked_slots), None)
            if error is not None:
                raise error
            records: tuple[Record, ...] = (hour_record(slot),)
            yield Deliver(records)


def obliging(request: bytes) -> Iterable[Arrival]:
    return [Arrival(b"ok\n")]


async def session(
    now: Callable[[], datetime], peer: Callable[[bytes], Iterable[Arrival]] = obliging
) -> Session:
    link = FakeLink(peer)
    await link.open()
    return Session(link, settings=LineSettings(timeout=0.02, gap=0.005, attempts=2, quiet=0.0), now=now)
