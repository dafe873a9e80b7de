"""The driver of the SKU-02's own protocol. Source: sku-02.md section 1."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot
from metering.errors import NotSupported
from metering.meters import MeterConfiguration, MeterIdentity
from metering.readings import Snapshot
from protocols.conversation import Conversation, Exchange
from protocols.driver import Choice, DriverInfo, LineDefaults, Verification
from protocols.family import Choices, Found
from protocols.vendor.sku02 import answers
from protocols.vendor.sku02.answers import Meanings
from protocols.vendor.sku02.frames import (
    ADDRESS,
    CLOCK,
    CURRENT_VALUES,
    LARGEST,
    REQUEST_SIZE,
    Question,
    check_address,
)

MODEL: Final = "axis-sku-02"
MAKER: Final = "Axis Industries"
THIRD_TEMPERATURE: Final = Choice(
    "third_temperature",
    ("cold_water", "make_up", "outdoor"),
    "What T3 measures is a matter of the meter's scheme, which cannot be read.",
)
RUNNING_TIME: Final = Choice(
    "running_time", ("s", "min", "h"), "The unit of the running time is not known; it is taken as seconds."
)

INFO: Final = DriverInfo(
    model=MODEL,
    protocol="sku02",
    maker=MAKER,
    title="SKU-02",
    manual="none public; one program that reads the meter (sku-02.md section 1)",
    verification=Verification.NOT_ON_HARDWARE,
    line=LineDefaults(baud=9600, parity="N", timeout=2.0),
    largest_request=REQUEST_SIZE,
    default_address=ADDRESS,
    choices=(THIRD_TEMPERATURE, RUNNING_TIME),
    notes=(
        "Requests carry no address: one meter stands on a line.",
        "Current values and totals alone; how archives are read is not known.",
        "Heat is sent in kWh whatever the display shows.",
        "UNCONFIRMED: line speed and parity; take them from the meter's own settings.",
        "UNCONFIRMED: the unit of the running time; line setting sku02.running_time.",
        "UNCONFIRMED: what T3 measures; line setting sku02.third_temperature.",
        "UNCONFIRMED: channels 1 and 2 are delivered as circuits 1 and 2, T1 and T2 as supply and return.",
        "UNCONFIRMED: bits of the data status; they are reported by their numbers.",
    ),
)


class Sku02Driver:
    """Implements protocols.driver.Driver."""

    info = INFO

    def __init__(self, choices: Choices) -> None:
        third = choices.get(THIRD_TEMPERATURE.name, THIRD_TEMPERATURE.words[0])
        running_time = choices.get(RUNNING_TIME.name, RUNNING_TIME.words[0])
        self._meanings = Meanings(f"temperature_{third}", running_time)

    def identify(self, address: str) -> Conversation[MeterIdentity]:
        """Serial number and version, which stand in the header of every answer."""
        check_address(address)
        answer = yield from _ask(_CLOCK)
        return MeterIdentity(answers.serial(answer), MAKER, INFO.title, firmware=answers.version(answer))

    def read_configuration(self, address: str) -> Conversation[MeterConfiguration]:
        """Nothing: units come with every answer."""
        yield from ()
        return MeterConfiguration()

    def read_clock(self, address: str, configuration: MeterConfiguration) -> Conversation[datetime | None]:
        check_address(address)
        return answers.clock((yield from _ask(_CLOCK)))

    def read_current(self, address: str, configuration: MeterConfiguration) -> Conversation[Snapshot]:
        """Totals and instants with the minute of the clock; its own answer tells the hour alone."""
        check_address(address)
        snapshot, ended_at = yield from self._snapshot()
        if snapshot.meter_time is not None and _minute(snapshot.meter_time) != _minute(ended_at):
            snapshot, _ = yield from self._snapshot()
        return snapshot

    def read_archive(
        self, address: str, configuration: MeterConfiguration, kind: ArchiveKind, slots: Sequence[MeterSlot]
    ) -> Conversation[None]:
        """NotSupported: nobody has described the archives."""
        yield from ()
        raise NotSupported(f"How the archive {kind} of an SKU-02 is read is not known.")

    def _snapshot(self) -> Conversation[tuple[Snapshot, datetime]]:
        began_at = answers.clock((yield from _ask(_CLOCK)))
        answer = yield from _ask(_CURRENT_VALUES)
        ended_at = answers.clock((yield from _ask(_CLOCK)))
        values = tuple(answers.values(answer, self._meanings))
        return Snapshot(values, began_at, conditions=answers.conditions(answer)), ended_at


def ask(address: str) -> Conversation[Found]:
    """Who answers on the line."""
    return Found(MODEL, (yield from Sku02Driver({}).identify(address)))


_CLOCK: Final = Question(CLOCK, answers.CLOCK_SIZE, answers.CURRENT_SIZE - 1)
_CURRENT_VALUES: Final = Question(CURRENT_VALUES, answers.CURRENT_SIZE, LARGEST)


def _ask(question: Question) -> Conversation[bytes]:
    return question.answer((yield Exchange(question.frame(), question.complete)))


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
