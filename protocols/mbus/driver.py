"""The driver of every M-Bus model: its profile says which records are which quantities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from metering.calendar import ArchiveKind, MeterSlot
from metering.errors import NotSupported
from metering.meters import MeterConfiguration, MeterIdentity
from metering.readings import ArchiveRecord, Gap, GapReason, Snapshot
from protocols.conversation import Conversation, Deliver
from protocols.driver import DriverInfo
from protocols.family import NO_CHOICES, Choices
from protocols.mbus import layout, offsets, records
from protocols.mbus.addressing import parse
from protocols.mbus.choices import chosen
from protocols.mbus.dialogue import Decoder
from protocols.mbus.logs import read_log
from protocols.mbus.mapping import shown_clock, snapshot, stored_levels
from protocols.mbus.model import Profile
from protocols.mbus.reading import Reader
from protocols.mbus.records import Header


class MbusDriver:
    """Speaks to one model; a read-out costs battery, so each call makes exactly one."""

    def __init__(self, profile: Profile, choices: Choices = NO_CHOICES) -> None:
        self._profile = chosen(profile, choices)
        self._decoder = decoder(self._profile)

    @property
    def info(self) -> DriverInfo:
        return self._profile.info

    def identify(self, address: str) -> Conversation[MeterIdentity]:
        """The header of the first telegram; `serial` is the identification number."""
        out = yield from self._reader(address).read_out(most=1)
        return identity(out.telegrams[0].header)

    def read_configuration(self, address: str) -> Conversation[MeterConfiguration]:
        """Nothing is asked: every record carries its own unit and scale."""
        yield from ()
        return MeterConfiguration()

    def read_clock(self, address: str, configuration: MeterConfiguration) -> Conversation[datetime | None]:
        """The clock of the first telegram; a snapshot brings it too, without another read-out."""
        out = yield from self._reader(address).read_out(self._profile.questions.current, most=1)
        return shown_clock(self._profile, out.telegrams)

    def read_current(self, address: str, configuration: MeterConfiguration) -> Conversation[Snapshot]:
        """The snapshot; stored levels of the same read-out are delivered as total records.

        Of a read-out that broke off nothing is delivered: its snapshot alone tells whether the registered
        meter answers, and a snapshot that lacks values must not pass for a whole one.
        """
        profile = self._profile
        out = yield from self._reader(address).read_out(profile.questions.current, profile.telegrams)
        if out.broke_off is not None:
            raise out.broke_off
        stored = stored_levels(profile, out.telegrams)
        if stored:
            yield Deliver(stored)
        return replace(snapshot(profile, out.telegrams), identity=identity(out.telegrams[0].header))

    def read_archive(
        self, address: str, configuration: MeterConfiguration, kind: ArchiveKind, slots: Sequence[MeterSlot]
    ) -> Conversation[None]:
        """From a log where the model has one, else total records of the ordinary telegrams.

        A read-out that broke off is raised once what it brought is delivered.
        """
        profile, reader = self._profile, self._reader(address)
        if not self.info.depths.get(kind):
            raise NotSupported(f"{profile.title} keeps no {kind} archive that M-Bus could read.")
        log = profile.log(kind)
        if log is not None:
            yield from read_log(reader, profile, log, slots)
            return
        out = yield from reader.read_out(profile.questions.total, profile.telegrams)
        stored = {record.slot: record for record in stored_levels(profile, out.telegrams)}
        answers = tuple(_answer(stored, kind, slot) for slot in slots)
        if out.broke_off is None:
            yield Deliver(answers)
            return
        yield Deliver(tuple(answer for answer in answers if isinstance(answer, ArchiveRecord)))
        if any(isinstance(answer, Gap) for answer in answers):
            raise out.broke_off

    def _reader(self, address: str) -> Reader:
        return Reader(parse(address), self._profile.habits, self._decoder)


def decoder(profile: Profile) -> Decoder:
    """What makes telegrams of this model's payloads."""
    if profile.fields:
        return offsets.decode
    if profile.bare_vifs:
        return partial(records.decode, bare={vif.sent: vif.means for vif in profile.bare_vifs})
    return layout.decode


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
