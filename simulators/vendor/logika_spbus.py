"""The device side of SPbus: a Logika SPT961 or SPT762 (logika-spbus.md sections 3, 4 and 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from metering.calendar import ArchiveKind, next_start, slot_at, slot_start
from metering.errors import ConfigurationError, DecodeError
from protocols.vendor.logika_spbus.dialogue import route_of
from protocols.vendor.logika_spbus.frames import SpbusFrame, find
from protocols.vendor.logika_spbus.records import Record, encode, parse
from simulators.families import DevicePlan, SimulatedFamily
from simulators.marks import Marks
from simulators.numbers import Numbers, Sent, numbers_at, numbers_over, on_wire, truths_of
from simulators.truth import Truths

READ, READ_ANSWER = 0x1D, 0x03
SLICE, SLICE_ANSWER = 0x18, 0x20
DESCRIBE, DESCRIBE_ANSWER = 0x19, 0x21

KINDS: Final = {"65530": ArchiveKind.HOUR, "65532": ArchiveKind.DAY, "65534": ArchiveKind.MONTH}
RECORDS_KEPT: Final = {ArchiveKind.HOUR: 960, ArchiveKind.DAY: 365, ArchiveKind.MONTH: 24}
ABSENT: Final = "Нет данных?"
STEP: Final = Decimal("0.000001")
"""The device writes six places."""
_MOMENT: Final = timedelta(microseconds=1)


class Shown(NamedTuple):
    """A number of the device: its name, place on the bus, and what of the plant it is."""

    name: str
    channel: int
    ordinal: int
    sent: Sent


@dataclass(frozen=True, slots=True)
class Spbus:
    """One model: what it says of itself, the ordinal of its flow, what lies between hour and month."""

    text: str
    flow: int
    month: int
    shows_power: bool = True


MODELS: Final[Mapping[str, Spbus]] = {
    "logika-spt961": Spbus("961", 150, 2),
    "logika-spt961m": Spbus("961.M", 171, 2),
    "logika-spt961-1": Spbus("961.1v", 171, 2),
    "logika-spt762": Spbus("762.2", 171, 3, shows_power=False),
}
PLACES: Final[Mapping[str, Sequence[str]]] = {
    "pairs": ("supply", "return"),
    "triples": ("supply", "return", "make_up"),
}


class SpbusDevice:
    """One meter with a group of consumers, and its pipes, for each circuit of the plant."""

    def __init__(self, plan: DevicePlan) -> None:
        if not plan.serial or len(plan.serial) > 8:
            raise ConfigurationError(f"{plan.model} {plan.serial}: an identifier has 1 to 8 characters.")
        self.model = plan.model
        self.serial = plan.serial
        self.address = plan.address
        self.memory = plan.memory
        self.spbus = MODELS[plan.model]
        self._route = route_of(plan.address)
        self._places = PLACES[plan.choices.get("pipes", "pairs")]
        self._by_start = plan.choices.get("label") == "start"

    def hear(self, frame: bytes) -> bytes | None:
        """The answer to a whole request; None where a real device keeps silent."""
        request, _ = next(find(frame))
        if request.route is not None and (self._route is None or request.route[0] != self._route[0]):
            return None
        answers: Mapping[int, tuple[int, Callable[[tuple[Record, ...]], Iterator[Record]]]] = {
            READ: (READ_ANSWER, self._parameters),
            SLICE: (SLICE_ANSWER, self._slice),
            DESCRIBE: (DESCRIBE_ANSWER, self._description),
        }
        if request.function not in answers:
            return None
        function, answer = answers[request.function]
        back = request.route and (request.route[1], request.route[0])
        try:
            data = encode(answer(parse(request.data)))
        except DecodeError:
            return None
        return SpbusFrame(function, data, request.head, back).encode()

    def truth_snapshot(self, meter_time: datetime) -> Truths:
        """What current values must say that were read in this minute."""
        numbers = numbers_at(self.memory, _minute(meter_time))
        return truths_of((shown.sent for shown in self._current()), numbers)

    def truth_archive(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        """What the slice of this slot must say; None when the meter rightly has none."""
        if kind not in RECORDS_KEPT or not self.memory.has_record(kind, start, RECORDS_KEPT[kind]):
            return None
        numbers = numbers_over(self.memory, slot_at(kind, start))
        return truths_of((shown.sent for shown in self._columns(kind)), numbers)

    def _parameters(self, asked: tuple[Record, ...]) -> Iterator[Record]:
        now = self.memory.meter_time()
        numbers = numbers_at(self.memory, _minute(now))
        current = {(shown.channel, shown.ordinal): shown.sent for shown in self._current()}
        own = {8: self.serial, 24: "0", 25: "1", 60: f"{now:%d-%m-%y}", 61: f"{now:%H:%M:%S}"}
        own |= {99: self.spbus.text, 3: "0000000101"}
        unit = ""
        for record in asked:
            channel, ordinal = int(record[0]), int(record[1])
            yield record
            if (channel, ordinal) in current:
                sent = current[channel, ordinal]
                yield _shown(sent, numbers, unit)
                unit = sent.unit
            else:
                yield (own.get(ordinal, ABSENT) if channel == 0 else ABSENT,)

    def _description(self, asked: tuple[Record, ...]) -> Iterator[Record]:
        (record,) = asked
        yield record
        unit = ""
        for shown in self._columns(KINDS[record[1]]):
            written = "" if shown.sent.unit == unit else shown.sent.unit
            unit = shown.sent.unit
            yield shown.name, written, str(shown.channel), str(shown.ordinal)

    def _slice(self, asked: tuple[Record, ...]) -> Iterator[Record]:
        about, wanted = asked
        kind = KINDS[about[1]]
        day, month, year, hour, *_ = (int(part) for part in wanted)
        label = datetime.fromisoformat(f"{year % 100 + 2000}-{month:02}-{day:02}T{hour:02}:00:00")
        start = label if self._by_start else slot_start(kind, label - _MOMENT)
        yield about
        yield wanted
        yield _time(label)
        yield _time(slot_start(kind, label - _MOMENT))
        if (
            not self.memory.has_record(kind, start, RECORDS_KEPT[kind])
            or _label(kind, start, self._by_start) != label
        ):
            yield (ABSENT,)
            return
        numbers = numbers_over(self.memory, slot_at(kind, start))
        for shown in self._columns(kind):
            yield (_written(shown.sent, numbers),)

    def _columns(self, kind: ArchiveKind) -> list[Shown]:
        shift = {ArchiveKind.HOUR: 0, ArchiveKind.DAY: 1, ArchiveKind.MONTH: self.spbus.month}[kind]
        shown = []
        for circuit in self._circuits:
            for place, channel in self._pipes(circuit):
                shown += [
                    _row("t", channel, 200 + shift, f"temperature_{place}", "°C", circuit),
                    _row("M", channel, 210 + shift, f"mass_{place}", "т", circuit),
                    _row("V", channel, 220 + shift, f"volume_{place}", "м3", circuit),
                ]
            shown.append(_row("W", circuit, 405 + shift, "energy_heating", "ГДж", circuit))
        return [row for row in shown if row.sent.quantity != "temperature_make_up"]

    def _current(self) -> list[Shown]:
        shown = [_row("t", 0, 63, "temperature_outdoor", "°C", 1)]
        for circuit in self._circuits:
            for place, channel in self._pipes(circuit):
                shown += [
                    _row("G", channel, self.spbus.flow, f"volume_flow_{place}", "м3/ч", circuit),
                    _row("P", channel, 154, f"pressure_{place}", "МПа", circuit),
                    _row("t", channel, 156, f"temperature_{place}", "°C", circuit),
                    _row("M", channel, 160, f"mass_{place}", "т", circuit),
                    _row("V", channel, 163, f"volume_{place}", "м3", circuit),
                ]
            shown.append(_row("W", circuit, 361, "energy_heating", "ГДж", circuit))
            if self.spbus.shows_power:
                shown.append(_row("dt", circuit, 340, "temperature_difference", "K", circuit))
                shown.append(_row("Wч", circuit, 351, "power", "ГДж/ч", circuit))
        measured = {"temperature_make_up", "pressure_make_up", "volume_flow_make_up"}
        return [row for row in shown if row.sent.quantity not in measured]

    @property
    def _circuits(self) -> range:
        return range(1, self.memory.circuits + 1)

    def _pipes(self, circuit: int) -> Iterator[tuple[str, int]]:
        first = (circuit - 1) * len(self._places) + 1
        return ((place, first + at) for at, place in enumerate(self._places))


def _row(name: str, channel: int, ordinal: int, quantity: str, unit: str, circuit: int) -> Shown:
    suffix = "т" if 100 <= ordinal < 300 else "п"
    return Shown(f"{name}{suffix}{channel:02}", channel, ordinal, Sent(quantity, unit, STEP, circuit))


def _shown(sent: Sent, numbers: Numbers, unit: str) -> Record:
    """A value, and its unit unless it is the one before."""
    written = _written(sent, numbers)
    return (written,) if sent.unit == unit else (written, sent.unit)


def _written(sent: Sent, numbers: Numbers) -> str:
    return f"{on_wire(sent, numbers).quantize(STEP):f}"


def _label(kind: ArchiveKind, start: datetime, by_start: bool) -> datetime:
    return start if by_start else next_start(kind, start)


def _time(moment: datetime) -> Record:
    """As the device writes it: two digits of the year, no zeros before."""
    return tuple(
        str(part)
        for part in (moment.day, moment.month, moment.year % 100, moment.hour, moment.minute, moment.second)
    )


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def split(buffer: bytes) -> tuple[bytes, int] | None:
    """The first whole request; noise before it is passed over."""
    found = next(find(buffer), None)
    return None if found is None else (found[0].encode(), found[1])


def mark(octets: bytes) -> bytes:
    """Function, head and addresses: what tells a question's answer from another's."""
    found = next(find(octets), None)
    return b"" if found is None else found[0].head + repr(found[0].route).encode()


SIMULATED: Final = SimulatedFamily(
    protocol="logika-spbus",
    models=tuple(MODELS),
    build=SpbusDevice,
    split=split,
    marks=Marks(mark, mark),
)
