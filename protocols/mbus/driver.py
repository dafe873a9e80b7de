"""The driver of every M-Bus model: its profile says which records are which quantities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from metering.calendar import ArchiveKind, MeterSlot
from metering.errors import NotSupported
from metering.meters import MeterConfiguration, MeterIdentity
from metering.readings import ArchiveRecord, Gap, GapReason, Snapshot
from protocols.conversation import Conversation, Deliver
from protocols.driver import DriverInfo
from protocols.mbus.addressing import parse
from protocols.mbus.mapping import clock, snapshot, stored_levels
from protocols.mbus.model import Profile
from protocols.mbus.reading import read_out
from protocols.mbus.records import Header


class MbusDriver:
    """Speaks to one model; a read-out costs battery, so each call makes exactly one."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile

    @property
    def info(self) -> DriverInfo:
        return self._profile.info

    def identify(self, address: str) -> Conversation[MeterIdentity]:
        """The header of the first telegram; `serial` is the identification number."""
        out = yield from read_out(parse(address), most=1)
        return identity(out.telegrams[0].header)

    def read_configuration(self, address: str) -> Conversation[MeterConfiguration]:
        """Nothing is asked: every record carries its own unit and scale."""
        yield from ()
        return MeterConfiguration()

    def read_clock(self, address: str, configuration: MeterConfiguration) -> Conversation[datetime | None]:
        """The clock of the first telegram; a snapshot brings it too, without another read-out."""
        out = yield from read_out(parse(address), most=1)
        return clock(out.telegrams)

    def read_current(self, address: str, configuration: MeterConfiguration) -> Conversation[Snapshot]:
        """The snapshot; stored levels of the same read-out are delivered as total records."""
        profile = self._profile
        sub_code = profile.application_reset.current
        out = yield from read_out(parse(address), sub_code=sub_code, most=profile.telegrams)
        stored = stored_levels(profile, out.telegrams)
        if stored:
            yield Deliver(stored)
        return replace(snapshot(profile, out.telegrams), identity=identity(out.telegrams[0].header))

    def read_archive(
        self, address: str, configuration: MeterConfiguration, kind: ArchiveKind, slots: Sequence[MeterSlot]
    ) -> Conversation[None]:
        """Total records only. A read-out that broke off is raised once what it brought is delivered."""
        if not self.info.depths.get(kind):
            raise NotSupported(f"{self._profile.title} keeps no {kind} archive that M-Bus could read.")
        profile = self._profile
        sub_code = profile.application_reset.total
        out = yield from read_out(parse(address), sub_code=sub_code, most=profile.telegrams)
        stored = {record.slot: record for record in stored_levels(profile, out.telegrams)}
        answers = tuple(_answer(stored, kind, slot) for slot in slots)
        if out.broke_off is None:
            yield Deliver(answers)
            return
        yield Deliver(tuple(answer for answer in answers if isinstance(answer, ArchiveRecord)))
        if any(isinstance(answer, Gap) for answer in answers):
            raise out.broke_off


def identity(header: Header) -> MeterIdentity:
    """Who a telegram's header says it is from; version and medium in hexadecimal, as makers list them."""
    return MeterIdentity(
        serial=header.identification,
        maker=header.manufacturer,
        version=f"{header.version:02X}",
        medium=f"{header.medium:02X}",
    )


def _answer(
    stored: dict[MeterSlot, ArchiveRecord], kind: ArchiveKind, slot: MeterSlot
) -> ArchiveRecord | Gap:
    return stored.get(slot) or Gap(kind, slot, GapReason.NO_RECORD)
