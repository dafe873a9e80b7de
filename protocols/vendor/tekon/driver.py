"""The driver of Tekon calculators behind a gateway: a map says what the site's task program has where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import cycle
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot
from metering.conditions import Condition, of_bits
from metering.errors import ConfigurationError, DecodeError, NotSupported
from metering.meters import MeterConfiguration, MeterIdentity
from metering.quantities import QUANTITIES
from metering.readings import Absence, MeterValue, Snapshot
from protocols.conversation import Conversation
from protocols.driver import Choice, DriverInfo, LineDefaults
from protocols.family import Choices
from protocols.fields import bcd
from protocols.vendor.tekon import site_map
from protocols.vendor.tekon.archives import ArchiveReader, value_of
from protocols.vendor.tekon.cells import depth
from protocols.vendor.tekon.clock import read_clock
from protocols.vendor.tekon.dialogue import GOOD, Dialogue, Item
from protocols.vendor.tekon.frames import LARGEST, NUMBERS
from protocols.vendor.tekon.models import Model
from protocols.vendor.tekon.site_map import Place, SiteMap

MAKER: Final = "Kreit"
SERIAL: Final = 0xF001
FAILURES: Final = 0x0500
SERIAL_SIZE: Final = 2
MAP: Final = "map"
NO_MAP: Final = "none"
"""The first word of the choice: no address is guessed, so that nothing invented can be billed."""
_WHY: Final = (
    "Where the task program of this site keeps its quantities. Without a map neither current values nor "
    "archives are read. The maps that come with Teplo are examples: nothing read through them may be billed "
    "before each value was compared with the display."
)
_NOTES: Final = (
    "PER SITE: every address of 8000h and above, its unit and the size of each array belong to the loaded "
    "task program. Only serial number, date, time and failures are common. Until the line "
    "names the site's map, serial number and clock alone are read.",
    "The address is gateway:module. The gateway (K-104, K-105, adapter) listens at port 51960 of Ethernet.",
    "The clock is not set: a step would move the archive's indices and damage records.",
    "UNCONFIRMED: which failure each bit of parameter 0500 is; bits are reported by their numbers.",
    "UNCONFIRMED: that cells of a time without power are emptied; else they hold what was there a turn ago.",
    "UNCONFIRMED: the speed of the serial gateways.",
)


class TekonDriver:
    """Speaks to one model. Implements protocols.driver.Driver."""

    def __init__(self, model: Model, choices: Choices) -> None:
        self._model = model
        word = choices.get(MAP, NO_MAP)
        self._chosen = None if word == NO_MAP else site_map.load(word)
        self._numbers = cycle(range(NUMBERS))

    @property
    def info(self) -> DriverInfo:
        model, archives = self._model, self._chosen.archives if self._chosen else {}
        return DriverInfo(
            model=model.name,
            protocol="tekon",
            maker=MAKER,
            title=model.title,
            manual="T10.06.59RD, by way of public programs",
            verification=model.verification,
            line=LineDefaults(9600, "N", timeout=1.0),
            depths={kind: depth(kind, archive.cells) for kind, archive in archives.items()},
            largest_request=LARGEST,
            default_address="1:1",
            choices=(Choice(MAP, (NO_MAP, *site_map.names()), _WHY),),
            notes=(*_NOTES, *model.notes),
        )

    def identify(self, address: str) -> Conversation[MeterIdentity]:
        """Parameter F001: four digits, the lower ones first."""
        data = yield from self._dialogue(address).read(SERIAL)
        serial = bcd(data[SERIAL_SIZE - 1 :: -1])
        if serial is None:
            raise DecodeError(f"The serial number {data.hex(' ').upper()} is not of decimal digits.")
        return MeterIdentity(str(serial), MAKER, self._model.title)

    def read_configuration(self, address: str) -> Conversation[MeterConfiguration]:
        """Nothing is asked; the records tell through which map they were read."""
        yield from ()
        return MeterConfiguration({MAP: self._chosen.name if self._chosen else NO_MAP})

    def read_clock(self, address: str, configuration: MeterConfiguration) -> Conversation[datetime | None]:
        return (yield from read_clock(self._dialogue(address)))

    def read_current(self, address: str, configuration: MeterConfiguration) -> Conversation[Snapshot]:
        """All places of the map; once more when the clock's minute changed meanwhile. ConfigurationError."""
        dialogue, places = self._dialogue(address), self._map.places
        began_at = yield from read_clock(dialogue)
        snapshot = yield from _snapshot(dialogue, places, began_at)
        ended_at = yield from read_clock(dialogue)
        if _minute(began_at) != _minute(ended_at):
            snapshot = yield from _snapshot(dialogue, places, ended_at)
        return snapshot

    def read_archive(
        self, address: str, configuration: MeterConfiguration, kind: ArchiveKind, slots: Sequence[MeterSlot]
    ) -> Conversation[None]:
        """Cells of the map's arrays, run by run. ConfigurationError where the line names no map."""
        archive = self._map.archives.get(kind)
        if archive is None:
            raise NotSupported(f"The map {self._map.name} has no {kind} archive.")
        yield from ArchiveReader(self._dialogue(address), archive).read(slots)

    @property
    def _map(self) -> SiteMap:
        if self._chosen is None:
            raise ConfigurationError(
                f"Where a {self._model.title} keeps what depends on the task program of its site: write "
                f"tekon.map=<name> on the line, one of {', '.join(site_map.names())}, or a map of this site."
            )
        return self._chosen

    def _dialogue(self, address: str) -> Dialogue:
        return Dialogue(address, self._numbers)


def _snapshot(dialogue: Dialogue, places: Sequence[Place], meter_time: datetime) -> Conversation[Snapshot]:
    failures, *items = yield from dialogue.read_list([FAILURES, *(place.address for place in places)])
    values = (_current(place, item) for place, item in zip(places, items, strict=True))
    return Snapshot((*values, *_flags(failures)), meter_time, conditions=_conditions(failures))


def _current(place: Place, item: Item) -> MeterValue:
    if item.quality != GOOD:
        return MeterValue(place.quantity, place.unit, None, Absence.RECORD_ERROR, place.circuit)
    return value_of(place, item.cell)


def _flags(failures: Item) -> Iterator[MeterValue]:
    """Not every task program has the parameter; then there is nothing to tell."""
    if failures.quality == GOOD:
        yield MeterValue(QUANTITIES["flags"], "", Decimal(int.from_bytes(failures.cell, "little")))


def _conditions(failures: Item) -> frozenset[Condition]:
    return (
        of_bits(int.from_bytes(failures.cell, "little"), {}, "failure")
        if failures.quality == GOOD
        else frozenset()
    )


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
