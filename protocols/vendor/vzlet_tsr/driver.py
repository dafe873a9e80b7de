"""The driver of TSRV-010, TSRV-010M and MT200DS. Source: vzlet-tsr-legacy.md."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot, slot_at, slot_start
from metering.errors import MeterError, NoResponse
from metering.meters import MeterConfiguration, MeterIdentity
from metering.readings import ArchiveRecord, Gap, GapReason, MeterValue, Snapshot
from protocols.conversation import Conversation, Deliver
from protocols.driver import Choice, DriverInfo, LineDefaults, Verification
from protocols.family import Choices, Found
from protocols.levels import amounts, registers
from protocols.vendor.vzlet_tsr.archives import (
    BANKS,
    MOMENT,
    Archive,
    Kept,
    days,
    months,
    sensor_faults,
    situations,
    values,
)
from protocols.vendor.vzlet_tsr.current import Settings, read_conditions, read_settings, read_values
from protocols.vendor.vzlet_tsr.dialogue import Dialogue
from protocols.vendor.vzlet_tsr.frames import LARGEST, RS_232, Line, parse_address
from protocols.vendor.vzlet_tsr.functions import Function
from protocols.vendor.vzlet_tsr.models import MODELS, TSRV_010, TSRV_010M, Model

MAKER: Final = "Vzlet"
CLOCK_DIGITS: Final = Choice(
    "clock_digits",
    ("binary", "ascii"),
    "Setting the clock sends twelve digits as bytes; whether as numbers or as characters is not known.",
)
_DIGIT_ZERO: Final = {"binary": 0, "ascii": ord("0")}
_DEPTHS: Final = {kind: bank.depth for kind, bank in BANKS.items()}
_NOTES: Final = (
    "Frames are computed from the maker's rules; no traffic was recorded.",
    "Address 0 is RS-232, where a meter has none and replies carry no checksum: everything is asked until "
    "two replies are equal. Addresses 1 to 31 are RS-485.",
    "Setting the clock is the only command that writes.",
    "UNCONFIRMED: how month records are numbered; all 24 are looked through for the date inside.",
    "UNCONFIRMED: an hour or day record is taken as dated with the beginning of its period and holding "
    "totals as at its end.",
    "UNCONFIRMED: current pressures are asked for by the pipe alone, as the public driver does; the maker's "
    "description shows a byte more.",
    "UNCONFIRMED: requests for archive records end with two zeros, as the public driver's do; the maker's "
    "description shows one for the TSRV-010M.",
    "UNCONFIRMED: models are told apart in a search by their software, 20.18 and 20.19.",
    "UNCONFIRMED: the form of the digits that set the clock; line setting vzlet-tsr.clock_digits.",
)
_PIPES_NOTE: Final = "UNCONFIRMED: pipes 3 and 4 are taken as supply and return of heating system 2."
_OWN_NOTES: Final = {
    "vzlet-tsrv-010": (_PIPES_NOTE,),
    "vzlet-tsrv-010m": ("Pipes 4 and 5 are heating system 2, pipe 3 is taken as make-up.",),
    "vzlet-mt200ds": (
        _PIPES_NOTE,
        "UNCONFIRMED: records are taken to be laid out like those of the TSRV-010.",
    ),
}


class VzletTsrDriver:
    """Implements protocols.driver.Driver and ClockSetter."""

    def __init__(self, model: Model, choices: Choices) -> None:
        self.model = model
        self._digit_zero = _DIGIT_ZERO[choices.get(CLOCK_DIGITS.name, CLOCK_DIGITS.words[0])]

    @property
    def info(self) -> DriverInfo:
        return DriverInfo(
            model=self.model.name,
            protocol="vzlet-tsr",
            maker=MAKER,
            title=self.model.title,
            manual="Protocols of exchange of Vzlet's devices, user's guide, part II, 2004",
            verification=Verification.NOT_ON_HARDWARE,
            line=LineDefaults(baud=9600, parity="N", timeout=2.0),
            depths=_DEPTHS | {ArchiveKind.TOTAL: BANKS[ArchiveKind.DAY].depth},
            largest_request=LARGEST,
            default_address="0",
            choices=(CLOCK_DIGITS,),
            sets_clock=True,
            notes=_NOTES + _OWN_NOTES[self.model.name],
        )

    def identify(self, address: str) -> Conversation[MeterIdentity]:
        """Serial number and name; an MT200DS may tell its name by another function."""
        dialogue = self._dialogue(address)
        name = (yield from dialogue.text(Function.NAME)) or (yield from dialogue.required(Function.VERSION))
        serial = yield from dialogue.required(Function.SERIAL)
        return MeterIdentity(serial, MAKER, self.model.title, firmware=name)

    def read_configuration(self, address: str) -> Conversation[MeterConfiguration]:
        """The units of pipes and heating systems."""
        return MeterConfiguration((yield from read_settings(self._dialogue(address), self.model)))

    def read_clock(self, address: str, configuration: MeterConfiguration) -> Conversation[datetime | None]:
        return (yield from self._dialogue(address).clock())

    def read_current(self, address: str, configuration: MeterConfiguration) -> Conversation[Snapshot]:
        """Totals, instants and conditions of one minute of the clock; once more when it changed meanwhile."""
        dialogue = self._dialogue(address)
        snapshot, ended_at = yield from self._snapshot(dialogue, configuration.settings)
        if snapshot.meter_time is not None and _minute(snapshot.meter_time) != _minute(ended_at):
            snapshot, _ = yield from self._snapshot(dialogue, configuration.settings)
        return snapshot

    def read_archive(
        self, address: str, configuration: MeterConfiguration, kind: ArchiveKind, slots: Sequence[MeterSlot]
    ) -> Conversation[None]:
        """Delivers a record or a gap for each slot, one by one."""
        dialogue = self._dialogue(address)
        now = yield from dialogue.clock()
        archive = Archive(dialogue, self.model, ArchiveKind.DAY if kind is ArchiveKind.TOTAL else kind)
        for slot in slots:
            record = yield from self._record(archive, kind, slot, now, configuration.settings)
            yield Deliver((record,))

    def set_clock(
        self, address: str, configuration: MeterConfiguration, meter_time: datetime
    ) -> Conversation[None]:
        """Function 41: digits of second, minute, hour, day, month, year, units before tens."""
        pairs = f"{meter_time:%S%M%H%d%m%y}"
        digits = [self._digit_zero + int(pairs[at ^ 1]) for at in range(len(pairs))]
        answer = yield from self._dialogue(address).once(Function.SET_CLOCK, bytes((*digits, 0, 0)))
        if answer.strip() != f"{meter_time:%d.%m.%y}":
            raise MeterError(
                f"The meter answered {answer[:40]!r} to the setting of its clock, not the date that was set; "
                f"read its clock. If it is wrong, change the line setting vzlet-tsr.{CLOCK_DIGITS.name}."
            )

    def _dialogue(self, address: str) -> Dialogue:
        return Dialogue(Line(parse_address(address), self.model.preamble))

    def _snapshot(self, dialogue: Dialogue, settings: Settings) -> Conversation[tuple[Snapshot, datetime]]:
        began_at = yield from dialogue.clock()
        read = yield from read_values(dialogue, self.model, settings)
        conditions = yield from read_conditions(dialogue, self.model)
        ended_at = yield from dialogue.clock()
        return Snapshot(read, began_at, conditions=conditions), ended_at

    def _record(
        self, archive: Archive, kind: ArchiveKind, slot: MeterSlot, now: datetime, settings: Settings
    ) -> Conversation[ArchiveRecord | Gap]:
        """Levels at a slot's start are those of the day before; amounts, those at its end less these."""
        covered = _before(archive.kind, slot) if kind is ArchiveKind.TOTAL else slot
        if covered.end > now:
            return Gap(kind, slot, GapReason.NOT_YET_CLOSED)
        if _age(archive.kind, covered.start, now) > archive.bank.depth:
            return Gap(kind, slot, GapReason.OUT_OF_DEPTH)
        kept = yield from archive.record(covered)
        if kept is None:
            return Gap(kind, slot, GapReason.NO_RECORD)
        levels = yield from self._levels(archive, kept, settings)
        if kind is ArchiveKind.TOTAL:
            return ArchiveRecord(kind, slot, kept.moment, registers(levels))
        before = yield from archive.record(_before(archive.kind, slot))
        opening = () if before is None else (yield from self._levels(archive, before, settings))
        flags, said = situations(kept.data, self.model, kind)
        failed = sensor_faults((yield from archive.additional(kept)), self.model, kind)
        gained = amounts(levels, opening) + (() if flags is None else (flags,))
        return ArchiveRecord(kind, slot, kept.moment, gained, said | failed)

    def _levels(
        self, archive: Archive, kept: Kept, settings: Settings
    ) -> Conversation[tuple[MeterValue, ...]]:
        """Both banks' values of one record."""
        additional = yield from archive.additional(kept)
        return (
            *values(self.model.main, kept.data, self.model, settings),
            *values(self.model.additional, additional, self.model, settings),
        )


def ask(address: str) -> Conversation[Found]:
    """Who answers there, first without and then with the zeros that a TSRV-010M wants before a request."""
    try:
        identity = yield from VzletTsrDriver(TSRV_010, {}).identify(address)
    except NoResponse:
        if parse_address(address) != RS_232:
            raise
        identity = yield from VzletTsrDriver(TSRV_010M, {}).identify(address)
    return Found(_model_named(identity.firmware), identity)


def _model_named(name: str) -> str:
    """The model whose mark stands in a meter's own name; empty when none does."""
    return next((one.name for one in MODELS.values() if any(mark in name for mark in one.marks)), "")


def _before(kind: ArchiveKind, slot: MeterSlot) -> MeterSlot:
    return slot_at(kind, slot_start(kind, slot.start - MOMENT))


def _age(kind: ArchiveKind, start: datetime, now: datetime) -> int:
    """How many slots ago a slot started."""
    if kind is ArchiveKind.HOUR:
        return (days(now) - days(start)) * 24 + now.hour - start.hour
    return months(now) - months(start) if kind is ArchiveKind.MONTH else days(now) - days(start)


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
