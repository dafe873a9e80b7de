"""A simulated MULTICAL: what it answers to each command, and to what it keeps silent (kamstrup-kmp.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from metering.calendar import ArchiveKind
from metering.errors import ConfigurationError, FrameError
from protocols.vendor.kmp.frames import ACKNOWLEDGEMENT, REPLY, REQUEST, Frame, decode
from simulators.families import DevicePlan
from simulators.numbers import numbers_at, truths_of
from simulators.truth import Truths
from simulators.vendor.kmp.by_age import AgeLog
from simulators.vendor.kmp.loggers import Loggers
from simulators.vendor.kmp.logs import BoundaryLog
from simulators.vendor.kmp.module import Module
from simulators.vendor.kmp.registers import Register, clock_values, sent, value_of

GET_TYPE, GET_SERIAL, SET_CLOCK, GET_REGISTER, LOGGER = 0x01, 0x02, 0x09, 0x10, 0xB8
MOST_REGISTERS: Final = 8
TOP_MODULE, BASE_MODULE = 0x7F, 0xBF
MODULES: Final[Mapping[str, int]] = {"top": TOP_MODULE, "base": BASE_MODULE}


@dataclass(frozen=True, slots=True)
class LogPlan:
    """A log of a model: its command or number, its depth and what its entries hold."""

    number: int
    kind: ArchiveKind
    depth: int
    levels: Sequence[Register]
    means: Sequence[Register] = ()


@dataclass(frozen=True, slots=True)
class Make:
    """How a model is built. `interval`: the log of its module, which MULTICAL 801 has `built_in`."""

    type: bytes
    registers: Sequence[Register]
    by_age: Sequence[LogPlan] = ()
    loggers: Sequence[LogPlan] = ()
    interval: LogPlan | None = None
    built_in: bool = False
    sets_clock: bool = False


class KmpMeter:
    """One meter, with its module where it has one. Implements families.SimulatedMeter."""

    def __init__(self, make: Make, plan: DevicePlan) -> None:
        if not plan.serial.isdecimal() or int(plan.serial) >= 1 << 32:
            raise ConfigurationError(f"Serial {plan.serial!r} of a simulated {plan.model}: up to 4294967295.")
        if not plan.address.isdecimal() or int(plan.address) > 0xFF:
            raise ConfigurationError(f"Address {plan.address!r} of a simulated {plan.model}: write 63.")
        self.model, self.address, self.serial, self.memory = (
            plan.model,
            plan.address,
            plan.serial,
            plan.memory,
        )
        self._make = make
        self._registers = {register.number: register for register in make.registers}
        self._by_age = {log.number: self._age_log(log, plan.choices) for log in make.by_age}
        self._loggers = Loggers({log.number: self._boundary_log(log) for log in make.loggers})
        self._module_at = TOP_MODULE if make.built_in else MODULES.get(plan.choices.get("module_log", ""))
        seconds_first = plan.choices.get("log_time") == "seconds_first"
        self._module = (
            Module(self._boundary_log(make.interval), seconds_first=seconds_first)
            if make.interval and self._module_at
            else None
        )

    def hear(self, frame: bytes) -> bytes | None:
        """The reply to a request; None where a real meter keeps silent."""
        try:
            asked = decode(frame)
        except FrameError:
            return None
        if asked.start != REQUEST:
            return None
        data = self._answer(asked)
        if data is None or data is ACKNOWLEDGEMENT:
            return data
        return Frame(REPLY, asked.destination, asked.command, data).encode()

    def truth_snapshot(self, meter_time: datetime) -> Truths:
        """What the current values of this minute must say."""
        return truths_of(sent(self._make.registers), numbers_at(self.memory, _minute(meter_time)))

    def truth_archive(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        """What the archive must say; None where this meter has no such record."""
        for by_age in self._by_age.values():
            if by_age.kind is kind:
                return by_age.truths(start)
        within = ArchiveKind.DAY if kind is ArchiveKind.TOTAL else kind
        for log in self._loggers.logs.values():
            if log.kind is within:
                return log.truths(kind, start)
        return self._module.log.truths(kind, start) if self._module else None

    def _answer(self, asked: Frame) -> bytes | None:
        if self._module is not None and asked.destination == self._module_at:
            return self._module.answer(asked.command, asked.data)
        if asked.destination != int(self.address):
            return None
        if asked.command in self._by_age:
            checksum = asked.encode()[-3:-1]
            return self._by_age[asked.command].answer(asked.data, checksum)
        if asked.command == LOGGER and self._make.loggers:
            return self._loggers.answer(asked.data)
        return self._plain(asked)

    def _plain(self, asked: Frame) -> bytes | None:
        """Type, serial number, registers, clock."""
        if asked.command == GET_TYPE:
            return self._make.type
        if asked.command == GET_SERIAL:
            return int(self.serial).to_bytes(4, "big")
        if asked.command == GET_REGISTER:
            return self._values(asked.data)
        if asked.command == SET_CLOCK and self._make.sets_clock:
            return self._set(asked.data)
        return None

    def _values(self, asked: bytes) -> bytes | None:
        """The registers that this meter has; more than eight are asked in vain."""
        if not asked or asked[0] > MOST_REGISTERS or len(asked) != 1 + 2 * asked[0]:
            return None
        now = self.memory.meter_time()
        plain, minute = clock_values(now), _minute(now)
        wanted = [int.from_bytes(asked[at : at + 2], "big") for at in range(1, len(asked), 2)]
        return b"".join(
            value_of(self._registers[number], self.memory, minute)
            if number in self._registers
            else plain.get(number, b"")
            for number in wanted
        )

    def _set(self, asked: bytes) -> bytes | None:
        """Acknowledged when a calendar has this moment."""
        date, time = f"{int.from_bytes(asked[:4], 'big'):06}", f"{int.from_bytes(asked[4:], 'big'):06}"
        try:
            moment = datetime.strptime(date + time, "%y%m%d%H%M%S")  # noqa: DTZ007 - meter time
        except ValueError:
            return None
        self.memory.drift += moment - self.memory.meter_time()
        return ACKNOWLEDGEMENT

    def _age_log(self, plan: LogPlan, choices: Mapping[str, str]) -> AgeLog:
        today = plan.kind is ArchiveKind.DAY and choices.get("newest_day") == "today"
        return AgeLog(self.memory, plan.kind, plan.depth, plan.levels, 2 if today else 1)

    def _boundary_log(self, plan: LogPlan) -> BoundaryLog:
        return BoundaryLog(self.memory, plan.kind, plan.depth, plan.levels, plan.means)


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
