"""The driver of TEM-05: current values and totals; no archive of this model is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from metering.calendar import ArchiveKind, MeterSlot
from metering.conditions import Condition, of_bits
from metering.errors import FrameError, NotSupported
from metering.meters import MeterConfiguration, MeterIdentity
from metering.quantities import quantity
from metering.readings import Absence, MeterValue, Snapshot
from protocols.conversation import Conversation, Exchange
from protocols.driver import Choice, DriverInfo, LineDefaults, Verification
from protocols.vendor.tem05.agreement import same_flows, same_meter, same_temperatures
from protocols.vendor.tem05.answer import (
    AMBIGUOUS_DIVISORS,
    REQUEST,
    SIZE,
    Channel,
    State,
    answer_end,
    state_of,
)

PROTOCOL: Final = "tem05"
MODEL: Final = "arvas-tem-05"
LINE: Final = LineDefaults(baud=9600, parity="N", timeout=8.0)
MAKER: Final = "Arvas"

_MOST_READS: Final = 5

CHANNELS: Final = Choice(
    "channels",
    ("circuits", "pipes"),
    "Whether the two channels are two circuits, each with its own heat, or the supply and return pipes of "
    "one. The meter's scheme number tells, but its meaning is not known.",
)
CODE_3: Final = Choice(
    "code_3",
    tuple(AMBIGUOUS_DIVISORS),
    "What the totals of a channel of code 3 are divided by: 100 where its largest flow is 1.25 m3/h, 1000 in "
    "the generation of the meter where it is 0.625 m3/h. Compare one total with the display.",
)


class ChannelNames(NamedTuple):
    """The circuit of a channel, and what is put behind the names of its quantities."""

    circuit: int
    heat: str
    place: str


NAMES: Final[Mapping[str, tuple[ChannelNames, ChannelNames]]] = {
    "circuits": (ChannelNames(1, "energy_heating", ""), ChannelNames(2, "energy_heating", "")),
    "pipes": (ChannelNames(1, "energy_supply", "_supply"), ChannelNames(1, "energy_return", "_return")),
}
_TEMPERATURES: Final = ("temperature_supply", "temperature_return", "temperature_cold_water")

NOTES: Final = (
    "Current values and totals alone: the archive of this model is not known",
    "UNCONFIRMED: speed and parity of the line; the modem or converter of the one known reader sets them",
    "UNCONFIRMED: the answer has no known checksum; it is read until two answers agree",
    "UNCONFIRMED: at code 3 one generation of the meter divides by 1000, the other by 100 (choice code_3)",
    "UNCONFIRMED: the bytes behind minute and hour; they are passed over",
    "UNCONFIRMED: how long an answer is; 344 bytes are waited for, 212 of them are explained",
    "UNCONFIRMED: what the bits of the error words mean",
    "The request carries no address: one meter a line",
)


class Tem05Driver:
    """Implements protocols.driver.Driver. An address is not sent."""

    def __init__(self, choices: Mapping[str, str]) -> None:
        self._names = NAMES[choices.get(CHANNELS.name, CHANNELS.words[0])]
        self._ambiguous = AMBIGUOUS_DIVISORS[choices.get(CODE_3.name, CODE_3.words[0])]

    @property
    def info(self) -> DriverInfo:
        """What is known of the model."""
        return DriverInfo(
            model=MODEL,
            protocol=PROTOCOL,
            maker=MAKER,
            title="TEM-05, TEM-05M",
            manual="none public; a working collector",
            verification=Verification.NOT_ON_HARDWARE,
            line=LINE,
            largest_request=SIZE,
            whole_snapshot=True,
            choices=(CHANNELS, CODE_3),
            notes=NOTES,
        )

    def identify(self, address: str) -> Conversation[MeterIdentity]:
        """Serial number and software version, as two answers say."""
        _, state = yield from _read_twice()
        return _identity(state)

    def read_configuration(self, address: str) -> Conversation[MeterConfiguration]:
        """Nothing: every answer brings its own settings."""
        yield from ()
        return MeterConfiguration()

    def read_clock(self, address: str, configuration: MeterConfiguration) -> Conversation[datetime | None]:
        """The meter's own time, to the minute."""
        _, state = yield from _read_twice()
        return state.meter_time

    def read_current(self, address: str, configuration: MeterConfiguration) -> Conversation[Snapshot]:
        """Identity, clock, totals and instants of one answer that another one confirms."""
        before, state = yield from _read_twice()
        values = (*self._totals(state), *self._instants(before, state))
        return Snapshot(values, state.meter_time, _identity(state), _conditions(state))

    def read_archive(
        self, address: str, configuration: MeterConfiguration, kind: ArchiveKind, slots: Sequence[MeterSlot]
    ) -> Conversation[None]:
        """Raises NotSupported."""
        yield from ()
        raise NotSupported("The archive of TEM-05 is not known: it gives current values and totals alone.")

    def _totals(self, state: State) -> Iterator[MeterValue]:
        yield MeterValue(quantity("on_time"), "min", Decimal(state.running))
        for names, channel in self._used(state):
            divisor, circuit = channel.divisor(self._ambiguous), names.circuit
            heat, volume, mass = (Decimal(total) / divisor for total in channel.totals)
            yield MeterValue(quantity(names.heat), "MWh", heat / 10, None, circuit)
            yield MeterValue(quantity(f"volume{names.place}"), "m3", volume, None, circuit)
            yield MeterValue(quantity(f"mass{names.place}"), "t", mass, None, circuit)

    def _instants(self, before: State, state: State) -> Iterator[MeterValue]:
        """What the other answer does not confirm is absent."""
        steady = same_temperatures(before, state)
        for name, temperature in zip(_TEMPERATURES, state.temperatures, strict=True):
            yield _value(name, "°C", temperature if steady else None, 1)
        steady = same_flows(before, state)
        for names, channel in self._used(state):
            flow = Decimal(channel.flow) / (channel.divisor(self._ambiguous) * 100)
            yield _value(f"volume_flow{names.place}", "m3/h", flow if steady else None, names.circuit)

    def _used(self, state: State) -> Iterator[tuple[ChannelNames, Channel]]:
        """The channels that count; a second one that never did is not connected."""
        first, second = zip(self._names, state.channels, strict=True)
        yield first
        if any(second[1].totals) or second[1].flow:
            yield second


def _read_twice() -> Conversation[tuple[State, State]]:
    """Two answers that agree; FrameError when none of some do."""
    before = yield from _read()
    for number in range(2, _MOST_READS + 1):
        state = yield from _read()
        steady = same_temperatures(before, state) and same_flows(before, state)
        if same_meter(before, state) and (steady or number == _MOST_READS):
            return before, state
        before = state
    raise FrameError(
        f"{_MOST_READS} answers contradict each other in serial number or totals: noise on the line, or no "
        "TEM-05. Check baud rate and parity."
    )


def _read() -> Conversation[State]:
    return state_of((yield Exchange(REQUEST, answer_end)))


def _value(name: str, unit: str, number: Decimal | None, circuit: int) -> MeterValue:
    absence = Absence.NO_DATA if number is None else None
    return MeterValue(quantity(name), unit, number, absence, circuit)


def _identity(state: State) -> MeterIdentity:
    return MeterIdentity(state.serial, MAKER, "TEM-05", version=str(state.version))


def _conditions(state: State) -> frozenset[Condition]:
    first, second = state.errors
    return of_bits(first, {}, "error 1") | of_bits(second, {}, "error 2")
