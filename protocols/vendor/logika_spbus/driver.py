"""The driver of all models on SPbus: the device itself describes the columns of its archives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot, slots_between
from metering.errors import ConfigurationChanged, DecodeError, MeterError, NotSupported, WrongMeter
from metering.meters import MeterConfiguration, MeterIdentity
from metering.readings import ArchiveRecord, Gap, GapReason, MeterValue, Snapshot
from protocols.conversation import Conversation, Deliver
from protocols.driver import DriverInfo
from protocols.family import NO_CHOICES, Choices
from protocols.vendor.logika_spbus.columns import (
    FIRST_GROUP,
    FIRST_PIPE,
    Column,
    described,
    fields_with_units,
    offset,
    read_back,
    values,
    written,
)
from protocols.vendor.logika_spbus.dialogue import MOST_PARAMETERS, Parameter, SpbusDialogue
from protocols.vendor.logika_spbus.models import (
    ARCHIVES,
    CLOCK,
    IDENTIFIER,
    LABEL,
    LABEL_IS_START,
    MODEL,
    PIPES,
    SETTLEMENT,
    TWO,
    YEAR,
    SpbusModel,
)
from protocols.vendor.logika_spbus.records import DIAGNOSTIC, NO_DATA, Record, clock, moment, whole

_ROWS_AT_ONCE: Final = MOST_PARAMETERS - len(CLOCK)
_MIDNIGHT, _FIRST = 0, 1


class SpbusDriver:
    """Speaks to one model."""

    def __init__(self, model: SpbusModel, choices: Choices = NO_CHOICES) -> None:
        self.model = model
        self._pipes = choices.get(PIPES.name, PIPES.words[0])
        self._by_start = choices.get(LABEL.name) == LABEL_IS_START
        self._two_digits = choices.get(YEAR.name) == TWO
        self._dialogue = SpbusDialogue(model.info.default_address)

    @property
    def info(self) -> DriverInfo:
        return self.model.info

    def identify(self, address: str) -> Conversation[MeterIdentity]:
        """The identifier (008) as the serial number, the model's text (099); WrongMeter for another model."""
        model, identifier = yield from self._at(address).read((MODEL, IDENTIFIER))
        if not model[0].startswith(self.model.text):
            raise WrongMeter(
                f"A {model[0]} answered, not {self.info.title}: correct the model in the registry."
            )
        return MeterIdentity(identifier[0].strip(), "Logika", model[0])

    def read_configuration(self, address: str) -> Conversation[MeterConfiguration]:
        """Settlement hour and day, and the columns of each archive as the device describes them."""
        dialogue = self._at(address)
        records = yield from dialogue.read(tuple(SETTLEMENT.values()))
        settings = {name: record[0].strip() for name, record in zip(SETTLEMENT, records, strict=True)}
        for kind, archive in ARCHIVES.items():
            settings[kind.value] = written(described((yield from dialogue.describe(archive))))
        return MeterConfiguration(settings)

    def read_clock(self, address: str, configuration: MeterConfiguration) -> Conversation[datetime | None]:
        """The meter's own time; DecodeError when no calendar has it."""
        return (yield from self._clock(self._at(address)))

    def read_current(self, address: str, configuration: MeterConfiguration) -> Conversation[Snapshot]:
        """Totals and instants of one minute of the meter's clock: when it changed meanwhile, read anew.

        Only pipes and groups that stand in the archives are asked for.
        """
        rows = list(self._rows(read_back(configuration.settings.get(ArchiveKind.HOUR.value, ""))))
        snapshot, ended_at = yield from self._snapshot(self._at(address), rows)
        if snapshot.meter_time is not None and _minute(snapshot.meter_time) != _minute(ended_at):
            snapshot, _ = yield from self._snapshot(self._at(address), rows)
        return snapshot

    def read_archive(
        self, address: str, configuration: MeterConfiguration, kind: ArchiveKind, slots: Sequence[MeterSlot]
    ) -> Conversation[None]:
        """Delivers a record or a gap for each slot; ConfigurationChanged when the columns are others now."""
        if kind not in ARCHIVES:
            raise NotSupported(f"{self.info.title} keeps no archive {kind}.")
        if not _closes_with_the_calendar(kind, configuration.settings):
            yield Deliver(tuple(Gap(kind, slot, GapReason.NO_RECORD) for slot in slots))
            return
        dialogue = self._at(address)
        now = yield from self._clock(dialogue)
        columns = described((yield from dialogue.describe(ARCHIVES[kind])))
        if configuration.settings.get(kind.value, written(columns)) != written(columns):
            raise ConfigurationChanged()
        for slot in slots:
            yield Deliver(((yield from self._record(dialogue, kind, slot, now, columns)),))

    def _at(self, address: str) -> SpbusDialogue:
        if self._dialogue.address != address:
            self._dialogue = SpbusDialogue(address)
        return self._dialogue

    def _clock(self, dialogue: SpbusDialogue) -> Conversation[datetime]:
        date, time = yield from dialogue.read(CLOCK)
        return clock(date[0], time[0])

    def _rows(self, columns: Sequence[Column]) -> Iterator[tuple[Parameter, str]]:
        model = self.model
        placed = [column for column in columns if column.channel >= 1]
        pipes = {column.channel for column in placed if FIRST_PIPE <= column.ordinal < FIRST_GROUP}
        groups = {column.channel for column in placed if column.ordinal >= FIRST_GROUP}
        for channels, ordinals in (({0}, model.common), (pipes, model.pipe), (groups, model.group)):
            for channel in sorted(channels):
                yield from (((channel, ordinal), meaning) for ordinal, meaning in ordinals.items())

    def _snapshot(
        self, dialogue: SpbusDialogue, rows: Sequence[tuple[Parameter, str]]
    ) -> Conversation[tuple[Snapshot, datetime]]:
        moments: list[datetime] = []
        found: list[MeterValue] = []
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            some = rows[first : first + _ROWS_AT_ONCE]
            asked = [parameter for parameter, _ in some]
            date, time, *records = yield from dialogue.read((*CLOCK, *asked))
            moments.append(clock(date[0], time[0]))
            columns, fields = fields_with_units(asked, records)
            meanings = {ordinal: meaning for (_, ordinal), meaning in some}
            found += values(columns, fields, meanings, 0, self._pipes)
        return Snapshot(tuple(found), moments[0]), moments[-1]

    def _record(
        self,
        dialogue: SpbusDialogue,
        kind: ArchiveKind,
        slot: MeterSlot,
        now: datetime,
        columns: Sequence[Column],
    ) -> Conversation[ArchiveRecord | Gap]:
        if slot.end > now:
            return Gap(kind, slot, GapReason.NOT_YET_CLOSED)
        label = slot.start if self._by_start else slot.end
        records = yield from dialogue.read_slice(ARCHIVES[kind], label, self._two_digits)
        fields = fields_of(records, label)
        if fields is None:
            too_old = slots_between(kind, slot.start, now) > self.info.depths[kind]
            return Gap(kind, slot, GapReason.OUT_OF_DEPTH if too_old else GapReason.NO_RECORD)
        if len(fields) != len(columns):
            raise ConfigurationChanged()
        shift = offset(kind, self.model.month)
        found = values(columns, fields, self.model.archived, shift, self._pipes)
        return ArchiveRecord(kind, slot, label, tuple(found))


def fields_of(records: Sequence[Record], label: datetime) -> list[str] | None:
    """The fields of a slice's columns; None when the device has no slice of exactly this time.

    MeterError when it has something else to say than that.

    Before them stand the time that was asked for, the slice's own and that of the slice before.
    """
    if len(records) < 4:
        raise DecodeError("A slice must have three times and then its values.")
    fields = [record[0] for record in records[3:]]
    if len(fields) == 1 and fields[0].endswith(DIAGNOSTIC) and fields[0] != NO_DATA:
        raise MeterError(
            f"The meter answered {fields[0][:40]!r} when it was asked for {label}: it may not have "
            "grasped the date. Change the line setting logika-spbus.year and read again."
        )
    return None if fields == [NO_DATA] or moment(records[1]) != label else fields


def _closes_with_the_calendar(kind: ArchiveKind, settings: Mapping[str, str]) -> bool:
    """Whether this archive's slices cover whole calendar slots."""
    hour, day = (whole(settings.get(name, usual)) for name, usual in _USUAL)
    by_day = hour == _MIDNIGHT
    return {ArchiveKind.DAY: by_day, ArchiveKind.MONTH: by_day and day == _FIRST}.get(kind, True)


_USUAL: Final = (("settlement_hour", str(_MIDNIGHT)), ("settlement_day", str(_FIRST)))


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
