"""Vector files: a transcript of a conversation with a meter, its source, and the readings it must give.

    model = "kamstrup-multical-403"
    source = "where the bytes and the expected values come from"
    address = "74"
    unverified = true                 # optional: expected is what we read ourselves; nobody compared it yet
    choices = { "tem.energy" = "MWh" }  # optional: settings of the line
    [[conversation]]
    call = "read_archive"             # identify, read_configuration, read_clock, read_current, read_archive
    kind = "hour"                     # read_archive only
    starts = [2015-04-09T11:00:00]    # read_archive only: slot starts, meter time
    [[conversation.exchange]]
    send = "10 40 4A 8A 16"
    receive = "E5"                    # absent: the meter is silent to this request
    [conversation.expect]             # identify: serial, maker, ...; read_configuration: settings;
    meter_time = 2015-04-02T23:48:00  # read_clock, read_current
    conditions = ["power_failure"]    # read_current, and each record: name:circuit:place:code
    [[conversation.expect.value]]     # read_current
    quantity = "energy_heating"
    value = "34510"                   # as the meter gave it, in `unit`; or absent = "error_state"
    unit = "kWh"
    [[conversation.expect.record]]    # what is delivered: kind, start and [[...value]] or gap = "no_record"

A list of values or records names all that must be read. Any other key is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from metering.calendar import ArchiveKind
from metering.conditions import Condition
from metering.errors import DecodeError, ProfileError
from metering.meters import MeterConfiguration, MeterIdentity
from metering.quantities import QUANTITIES
from metering.readings import Absence, GapReason, MeterValue
from protocols.declaration import Declaration, parse


class Call(StrEnum):
    """The driver's call that a conversation carries out."""

    IDENTIFY = "identify"
    READ_CONFIGURATION = "read_configuration"
    READ_CLOCK = "read_clock"
    READ_CURRENT = "read_current"
    READ_ARCHIVE = "read_archive"


@dataclass(frozen=True, slots=True)
class VectorExchange:
    """One question as it must go out, and the bytes heard; None when the meter is silent."""

    send: bytes
    receive: bytes | None


@dataclass(frozen=True, slots=True)
class ExpectedRecord:
    """What must be delivered for the slot that starts here: these values, or a gap."""

    kind: ArchiveKind
    start: datetime
    values: tuple[MeterValue, ...]
    gap: GapReason | None
    conditions: frozenset[Condition] = frozenset()


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the call must give. `identity` holds only the fields that the file names."""

    identity: Mapping[str, str]
    settings: Mapping[str, str]
    meter_time: datetime | None
    values: tuple[MeterValue, ...]
    records: tuple[ExpectedRecord, ...]
    conditions: frozenset[Condition] = frozenset()


@dataclass(frozen=True, slots=True)
class VectorConversation:
    """One call, what goes over the line, and what comes of it."""

    call: Call
    kind: ArchiveKind | None
    starts: tuple[datetime, ...]
    exchanges: tuple[VectorExchange, ...]
    expect: Expectation


@dataclass(frozen=True, slots=True)
class Vector:
    """One vector file. `unverified`: what it expects is our own reading, compared with no meter."""

    model: str
    source: str
    address: str
    conversations: tuple[VectorConversation, ...]
    unverified: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)

    @property
    def configuration(self) -> MeterConfiguration:
        """What the meter of this transcript says about its settings; handed to the calls that need it."""
        asked = (each for each in self.conversations if each.call is Call.READ_CONFIGURATION)
        return next((MeterConfiguration(each.expect.settings) for each in asked), MeterConfiguration())


def load(text: str, place: str) -> Vector:
    """The vector of this file text; ProfileError, naming the place, when it is wrong."""
    root = parse(text, place)
    vector = Vector(
        root.take("model", str),
        root.take("source", str),
        root.take("address", str),
        tuple(_conversation(table) for table in root.tables("conversation")),
        root.take_or("unverified", default=False),
        root.take_or("choices", dict[str, str]()),
    )
    root.finish()
    return vector


def _conversation(table: Declaration) -> VectorConversation:
    call = table.word("call", Call)
    archive = call is Call.READ_ARCHIVE
    conversation = VectorConversation(
        call,
        table.word("kind", ArchiveKind) if archive else None,
        table.listed("starts", datetime) if archive else (),
        tuple(_exchange(exchange) for exchange in table.tables("exchange")),
        _expectation(table.table("expect")),
    )
    table.finish()
    return conversation


def _exchange(table: Declaration) -> VectorExchange:
    receive = _bytes(table, "receive") if "receive" in table else None
    exchange = VectorExchange(_bytes(table, "send"), receive)
    table.finish()
    return exchange


def _expectation(table: Declaration) -> Expectation:
    expectation = Expectation(
        {one.name: table.take(one.name, str) for one in fields(MeterIdentity) if one.name in table},
        table.take_or("settings", dict[str, str]()),
        table.take("meter_time", datetime) if "meter_time" in table else None,
        _values(table),
        tuple(_record(record) for record in table.tables("record")),
        _conditions(table),
    )
    table.finish()
    return expectation


def _record(table: Declaration) -> ExpectedRecord:
    record = ExpectedRecord(
        table.word("kind", ArchiveKind),
        table.take("start", datetime),
        _values(table),
        table.word("gap", GapReason) if "gap" in table else None,
        _conditions(table),
    )
    table.finish()
    return record


def _conditions(table: Declaration) -> frozenset[Condition]:
    try:
        return frozenset(Condition.parse(text) for text in table.listed("conditions", str))
    except DecodeError as error:
        raise ProfileError(f"{table.place}: {error}") from error


def _values(table: Declaration) -> tuple[MeterValue, ...]:
    return tuple(_value(value) for value in table.tables("value"))


def _value(table: Declaration) -> MeterValue:
    name = table.take("quantity", str)
    if name not in QUANTITIES:
        raise ProfileError(f"{table.place}: unknown quantity {name!r}.")
    absence = table.word("absent", Absence) if "absent" in table else None
    value = None if absence else _number(table)
    unit = table.take_or("unit", "") if absence else table.take("unit", str)
    read = MeterValue(QUANTITIES[name], unit, value, absence, table.take_or("circuit", 1))
    table.finish()
    return read


def _number(table: Declaration) -> Decimal:
    written = table.take("value", str)
    try:
        return Decimal(written)
    except InvalidOperation as error:
        raise ProfileError(f"{table.place}: {written!r} is not a number.") from error


def _bytes(table: Declaration, key: str) -> bytes:
    written = table.take(key, str)
    try:
        return bytes.fromhex(written)
    except ValueError as error:
        raise ProfileError(f"{table.place}: {key} is not hexadecimal: {error}.") from error
