"""The driver of every model that speaks KMP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot
from metering.errors import NotSupported
from metering.meters import MeterConfiguration, MeterIdentity
from metering.readings import Snapshot
from protocols.conversation import Conversation
from protocols.driver import DriverInfo, LineDefaults, Stamp
from protocols.family import Choices
from protocols.vendor.kmp.age_log import AgeLog, read_ages
from protocols.vendor.kmp.dialogue import (
    BASE_MODULE,
    HEAT_METER,
    TOP_MODULE,
    Dialogue,
    destination,
    moment_of,
)
from protocols.vendor.kmp.log_records import read_levels
from protocols.vendor.kmp.log_search import LogSearch
from protocols.vendor.kmp.logs import Logger, ModuleLog
from protocols.vendor.kmp.measured import Measured, conditions_of, measured, without_faults
from protocols.vendor.kmp.models import (
    INTERVAL_DEPTH,
    LOG_TIME,
    MODULE,
    MODULE_LOG,
    MONTH_CHOICE,
    NEWEST_DAY,
    LoggerRow,
    Model,
)
from protocols.vendor.kmp.registers import CLOCK, DATE
from protocols.vendor.kmp.replies import MeterType, Row, serial_of, type_of
from protocols.vendor.kmp.requests import GET_SERIAL, GET_TYPE, MOST_REGISTERS, Request, set_clock

MANUAL: Final = "Kamstrup 5512-447 rev. M1, KMP protocol; captured frames of MULTICAL 601, 21 and 403"
LINE: Final = LineDefaults(baud=1200, parity="N", timeout=3.3, quiet=0.05, stop=2)
"""The optical head. A reply begins within 1.6 s, and after silence the meter wants 1.6 s before a repeat."""

POLLS_PER_DAY: Final = 24
"""One read-out an hour is the accepted rate on battery meters (kamstrup-kmp.md section 1)."""

_PLACES: Final = {"top": TOP_MODULE, "base": BASE_MODULE}
_CLOCK: Final = (DATE, CLOCK)
_LINE_NOTE: Final = "Optical head: 1200 baud 8N2. UNCONFIRMED: modules 9600 (baud=9600 in the line's URL)."
_FLAGS: Final = "flags"


class KmpDriver:
    """Speaks to one model. Implements protocols.driver.Driver."""

    def __init__(self, model: Model, choices: Choices) -> None:
        self._model = model
        self._choices = {choice.name: choices.get(choice.name, choice.words[0]) for choice in model.choices}

    @property
    def info(self) -> DriverInfo:
        """What the row says of the model; the archives are those that the choices switch on."""
        model = self._model
        return DriverInfo(
            model=model.name,
            protocol="kmp",
            maker="Kamstrup",
            title=model.title,
            manual=MANUAL,
            verification=model.verification,
            line=LINE,
            depths=self._depths(),
            stamp=Stamp.SLOT_END if model.loggers or model.module else Stamp.SLOT_START,
            polls_per_day=POLLS_PER_DAY,
            default_address=str(HEAT_METER),
            choices=model.choices,
            sets_clock=model.sets_clock,
            notes=(_LINE_NOTE, *model.notes),
        )

    def identify(self, address: str) -> Conversation[MeterIdentity]:
        """Type, software revision and serial number."""
        return identify(address, self._model.title)

    def read_configuration(self, address: str) -> Conversation[MeterConfiguration]:
        """Nothing is asked: every value carries its own unit and scale."""
        yield from ()
        return MeterConfiguration()

    def read_clock(self, address: str, configuration: MeterConfiguration) -> Conversation[datetime | None]:
        """The meter's own time."""
        return (yield from Dialogue(destination(address)).clock())

    def read_current(self, address: str, configuration: MeterConfiguration) -> Conversation[Snapshot]:
        """Registers of one minute of the meter's clock: they are read again where it changed meanwhile."""
        dialogue = Dialogue(destination(address))
        snapshot, ended_at = yield from self._snapshot(dialogue)
        if snapshot.meter_time is not None and _minute(snapshot.meter_time) != _minute(ended_at):
            snapshot, _ = yield from self._snapshot(dialogue)
        return snapshot

    def read_archive(
        self, address: str, configuration: MeterConfiguration, kind: ArchiveKind, slots: Sequence[MeterSlot]
    ) -> Conversation[None]:
        """Delivers a record or a gap for each slot."""
        if kind not in self._depths():
            raise NotSupported(f"{self._model.title} keeps no {kind} archive that is read here.")
        dialogue = Dialogue(destination(address))
        by_age, logger = self._model.by_age.get(kind), self._model.loggers.get(kind)
        if by_age is not None:
            yield from read_ages(dialogue, self._by_age(by_age), slots)
        elif logger is not None:
            yield from _read_logger(dialogue, logger, kind, slots)
        else:
            yield from self._read_module(dialogue, kind, slots)

    def _depths(self) -> dict[ArchiveKind, int]:
        module = self._model.module or self._chosen(MODULE_LOG.name) in _PLACES
        depths = {ArchiveKind.HOUR: INTERVAL_DEPTH, ArchiveKind.TOTAL: INTERVAL_DEPTH // 24} if module else {}
        depths |= {kind: logger.depth for kind, logger in self._model.loggers.items()}
        depths |= {kind: log.depth for kind, log in self._model.by_age.items()}
        if self._chosen(MONTH_CHOICE.name) == "off":
            del depths[ArchiveKind.MONTH]
        return depths

    def _chosen(self, name: str) -> str:
        return self._choices.get(name, "")

    def _by_age(self, log: AgeLog) -> AgeLog:
        today = log.kind is ArchiveKind.DAY and self._chosen(NEWEST_DAY.name) == "today"
        return replace(log, newest=2) if today else log

    def _read_module(
        self, dialogue: Dialogue, kind: ArchiveKind, slots: Sequence[MeterSlot]
    ) -> Conversation[None]:
        """Both hours and totals from the interval log."""
        now = yield from dialogue.clock()
        place = _PLACES.get(self._chosen(MODULE_LOG.name), TOP_MODULE)
        seconds_first = self._chosen(LOG_TIME.name) == "seconds_first"
        log = ModuleLog(Dialogue(place), MODULE.registers, now, seconds_first=seconds_first)
        search = LogSearch(log, ArchiveKind.HOUR, INTERVAL_DEPTH)
        yield from read_levels(search, MODULE, kind, slots, now)

    def _snapshot(self, dialogue: Dialogue) -> Conversation[tuple[Snapshot, datetime]]:
        """The snapshot, and when its last register was read."""
        model, values = self._model, Row()
        first, *others = batches([row.register for row in model.registers] + [model.information.register])
        values |= yield from dialogue.registers(first)
        began_at = moment_of(values)
        for batch in others:
            values |= yield from dialogue.registers(batch)
        conditions = conditions_of(model.information, values)
        read = without_faults(measured(model.registers, values), conditions)
        flags = measured([Measured(model.information.register, _FLAGS)], values)
        return Snapshot((*read, *flags), began_at, None, conditions), moment_of(values)


class KmpClockDriver(KmpDriver):
    """Speaks to a model of which the maker's document says how its clock is set."""

    def set_clock(
        self, address: str, configuration: MeterConfiguration, meter_time: datetime
    ) -> Conversation[None]:
        """Sets date and time; NoResponse where the meter refuses them."""
        yield from Dialogue(destination(address)).tell(set_clock(meter_time))


def identify(address: str, title: str) -> Conversation[MeterIdentity]:
    """Who answers there. `version` is the type in hexadecimal."""
    dialogue = Dialogue(destination(address))
    kind: MeterType = type_of((yield from dialogue.ask(Request(GET_TYPE))))
    serial = serial_of((yield from dialogue.ask(Request(GET_SERIAL))))
    return MeterIdentity(serial, "Kamstrup", title, version=kind.type, firmware=kind.software)


def batches(registers: Sequence[int]) -> list[list[int]]:
    """The registers in as few requests as may be, with the clock in the first and at the end of the last."""
    free = MOST_REGISTERS - len(_CLOCK)
    found, left = [[*_CLOCK, *registers[:free]]], list(registers[free:])
    while len(left) > free:
        found.append(left[:MOST_REGISTERS])
        left = left[MOST_REGISTERS:]
    return [*found, [*left, *_CLOCK]]


def _read_logger(
    dialogue: Dialogue, logger: LoggerRow, kind: ArchiveKind, slots: Sequence[MeterSlot]
) -> Conversation[None]:
    now = yield from dialogue.clock()
    log = Logger(dialogue, logger.number, logger.layout.registers)
    yield from read_levels(LogSearch(log, kind, logger.depth + 1), logger.layout, kind, slots, now)


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
