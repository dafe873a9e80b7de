"""Whatever a collector holds comes back from its bytes as it was; rubbish is a DecodeError, nothing else."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metering.books import BookedMeter, LineBook, SimMonth, Span
from metering.calendar import ArchiveKind, Slot
from metering.calls import Call, CallResult, HungUpBy
from metering.conditions import Condition, ConditionName
from metering.errors import DecodeError
from metering.meters import MeterConfiguration, MeterIdentity
from metering.modems import ModemIdentity
from metering.plans import Closing, KindPlan, PollPlan, Window
from metering.polls import Budget, Direction, Finding, Frame, HoldReason, Outcome, PollHistory, PollReport
from metering.quantities import QUANTITIES
from metering.readings import (
    Absence,
    ArchiveReadings,
    Flag,
    GapReason,
    MeterValue,
    MissingSlot,
    Reading,
    SnapshotReadings,
)
from metering.requests import PollRequest, RequestKind
from metering.signals import RadioTechnology, Registration, SignalLevel, SignalReport, SignalSource
from storage import wire
from storage.heard import HeardContacts, HeardLevels
from storage.modem_rows import Contact

NAIVE = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1))
OFFSETS = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.datetimes(
    datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.one_of(st.just(UTC), OFFSETS)
)
SPANS_OF_TIME = st.timedeltas(timedelta(days=-4000), timedelta(days=4000))
BEATS = st.timedeltas(timedelta(microseconds=1), timedelta(days=40))
NUMBERS = st.builds(
    lambda sign, digits, exponent: Decimal((sign, tuple(digits), exponent)),
    st.integers(0, 1),
    st.lists(st.integers(0, 9), min_size=1, max_size=30),
    st.integers(-40, 40),
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
IDS = st.integers(0, 2**63 - 1)
COUNTS = st.integers(0, 2**31 - 1)


def maybe(one: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | one


def some(one: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(one, max_size=3).map(tuple)


QUANTITY = st.sampled_from(sorted(QUANTITIES.values()))
SLOTS = st.builds(Slot, INSTANTS, INSTANTS)
READINGS = st.builds(
    Reading,
    quantity=QUANTITY,
    circuit=COUNTS,
    value=maybe(NUMBERS),
    raw_value=maybe(NUMBERS),
    raw_unit=TEXTS,
    factor=NUMBERS,
    factor_set=TEXTS,
    absence=maybe(st.sampled_from(Absence)),
    flags=st.frozensets(st.sampled_from(Flag)),
)
CONDITIONS = st.frozensets(
    st.builds(Condition, name=st.just(ConditionName.NO_FLOW), circuit=COUNTS), max_size=2
)
CONFIGURATIONS = st.builds(
    MeterConfiguration, st.dictionaries(TEXTS, TEXTS, max_size=3) | st.just(MappingProxyType({"scheme": "2"}))
)
REPORTS = st.builds(
    PollReport,
    id=st.uuids(),
    meter_id=IDS,
    collector=TEXTS,
    started_at=INSTANTS,
    finished_at=INSTANTS,
    outcome=st.sampled_from(Outcome),
    message=TEXTS,
    identity=maybe(st.builds(MeterIdentity, TEXTS, TEXTS)),
    configuration=maybe(CONFIGURATIONS),
    clock_difference=maybe(SPANS_OF_TIME),
    findings=st.frozensets(st.sampled_from(Finding)),
    frames=some(st.builds(Frame, COUNTS, INSTANTS, st.sampled_from(Direction), st.binary(max_size=300))),
    archive=some(
        st.builds(
            ArchiveReadings,
            st.sampled_from(ArchiveKind),
            SLOTS,
            NAIVE,
            some(READINGS),
            COUNTS,
            CONDITIONS,
        )
    ),
    snapshots=some(st.builds(SnapshotReadings, INSTANTS, maybe(NAIVE), some(READINGS), COUNTS, CONDITIONS)),
    gaps=some(
        st.builds(MissingSlot, st.sampled_from(ArchiveKind), SLOTS, st.sampled_from(GapReason), COUNTS)
    ),
    held=maybe(st.sampled_from(HoldReason)),
    request_id=maybe(st.uuids()),
)
PLANS = st.builds(
    PollPlan,
    every=BEATS,
    retry=BEATS,
    archives=st.dictionaries(st.sampled_from(ArchiveKind), st.builds(KindPlan, COUNTS, maybe(BEATS)))
    | st.just(PollPlan().archives),
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    window=maybe(st.builds(Window, st.integers(0, 24), st.integers(0, 24))),
    closing=st.builds(Closing, st.integers(1, 28), st.integers(0, 23), st.integers(1, 28)),
    air_time=maybe(SPANS_OF_TIME),
    polls_per_day=maybe(COUNTS),
)
BOOKED = st.builds(
    BookedMeter,
    id=IDS,
    serial=TEXTS,
    model=TEXTS,
    address=TEXTS,
    zone=TEXTS,
    registered_at=INSTANTS,
    plan=PLANS,
    factor_sets=st.dictionaries(COUNTS, TEXTS, max_size=2),
    history=st.builds(
        PollHistory,
        maybe(INSTANTS),
        COUNTS,
        maybe(st.sampled_from(Outcome)),
        maybe(INSTANTS),
        maybe(INSTANTS),
        maybe(st.sampled_from(Budget)),
    ),
    levels=some(st.builds(MeterValue, QUANTITY, TEXTS, maybe(NUMBERS), circuit=COUNTS)),
    known=st.dictionaries(st.sampled_from(ArchiveKind), some(st.builds(Span, INSTANTS, INSTANTS))),
    asked=st.dictionaries(st.sampled_from(ArchiveKind), st.dictionaries(INSTANTS, COUNTS, max_size=3)),
    level_at=maybe(INSTANTS),
    configuration=maybe(CONFIGURATIONS),
    requests=some(
        st.builds(
            PollRequest,
            st.uuids(),
            IDS,
            st.sampled_from(RequestKind),
            TEXTS,
            INSTANTS,
            maybe(st.sampled_from(ArchiveKind)),
            maybe(INSTANTS),
            maybe(INSTANTS),
        )
    ),
)
BOOKS = st.builds(
    LineBook,
    IDS,
    TEXTS,
    maybe(TEXTS),
    maybe(TEXTS),
    maybe(TEXTS),
    some(BOOKED),
    INSTANTS,
    maybe(st.uuids()),
    maybe(st.builds(SimMonth, COUNTS, st.integers(), INSTANTS)),
    maybe(IDS),
)
SIGNALS = st.builds(
    SignalReport,
    TEXTS,
    maybe(NUMBERS),
    maybe(COUNTS),
    technology=maybe(st.sampled_from(RadioTechnology)),
    registration=maybe(st.sampled_from(Registration)),
)
CALLS = st.builds(
    Call,
    id=st.uuids(),
    modem_id=IDS,
    number=TEXTS,
    collector=TEXTS,
    started_at=INSTANTS,
    ended_at=INSTANTS,
    result=st.sampled_from(CallResult),
    connected_at=maybe(INSTANTS),
    hung_up_by=maybe(st.sampled_from(HungUpBy)),
    sent=COUNTS,
    signal=maybe(SIGNALS),
)
LEVELS = st.builds(
    HeardLevels, IDS, some(st.builds(SignalLevel, INSTANTS, st.sampled_from(SignalSource), SIGNALS))
)
CONTACTS = st.builds(
    HeardContacts,
    some(st.builds(Contact, IDS, INSTANTS, COUNTS, COUNTS, maybe(st.builds(ModemIdentity, TEXTS)))),
)

WAYS = {
    "report": (wire.encode_report, wire.decode_report, REPORTS),
    "book": (wire.encode_book, wire.decode_book, BOOKS),
    "call": (wire.encode_call, wire.decode_call, CALLS),
    "levels": (wire.encode_levels, wire.decode_levels, LEVELS),
    "contacts": (wire.encode_contacts, wire.decode_contacts, CONTACTS),
}
DECODERS = [pytest.param(decode, id=name) for name, (_, decode, _) in WAYS.items()]
Decode = Callable[[bytes], object]


def exactly(value: object) -> str:
    """With every Decimal's exponent and every instant's offset, without the classes of zones and mappings."""
    match value:
        case datetime():
            return value.isoformat()
        case Decimal():
            return str(value.as_tuple())
        case dict() | MappingProxyType():
            return str({exactly(key): exactly(one) for key, one in value.items()})
        case frozenset():
            return str(sorted(exactly(one) for one in value))
        case tuple() | list():
            return str([exactly(one) for one in value])
    fields = getattr(value, "__dataclass_fields__", None)
    return str([exactly(getattr(value, name)) for name in fields]) if fields else repr(value)


@pytest.mark.parametrize("name", WAYS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_it_comes_back_as_it_was(name: str, data: st.DataObject) -> None:
    encode, decode, values = WAYS[name]
    value = data.draw(values)
    back = decode(encode(value))  # type: ignore[operator]
    assert back == value
    assert exactly(back) == exactly(value)


@pytest.mark.parametrize("decode", DECODERS)
@settings(max_examples=150, deadline=None)
@given(rubbish=st.binary(max_size=200))
def test_rubbish_is_a_decode_error(decode: Decode, rubbish: bytes) -> None:
    for data in (rubbish, b"\x01" + rubbish, b"\x01" + zlib.compress(rubbish)):
        with pytest.raises(DecodeError):
            decode(data)


@pytest.mark.parametrize("name", WAYS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_damaged_text_is_a_decode_error_or_another_value(name: str, data: st.DataObject) -> None:
    """Bytes of the unpacked text are changed, so that the checksum of the packing hides nothing."""
    encode, decode, values = WAYS[name]
    text = bytearray(zlib.decompress(encode(data.draw(values))[1:]))  # type: ignore[operator]
    for place in data.draw(st.lists(st.integers(0, len(text) - 1), min_size=1, max_size=4)):
        text[place] = data.draw(st.integers(0, 255))
    try:
        decode(b"\x01" + zlib.compress(bytes(text)))
    except DecodeError:
        return


@pytest.mark.parametrize("name", WAYS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_cut_is_a_decode_error(name: str, data: st.DataObject) -> None:
    encode, decode, values = WAYS[name]
    packed = encode(data.draw(values))  # type: ignore[operator]
    with pytest.raises(DecodeError):
        decode(packed[: data.draw(st.integers(0, len(packed) - 1))])
    with pytest.raises(DecodeError):
        decode(packed + b"\x00")


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_an_instant_that_is_none_in_utc_is_a_decode_error(at: str) -> None:
    """`datetime` takes both, and neither can be told in UTC: PostgreSQL, pages and digests need that."""
    contacts = HeardContacts((Contact(1, datetime.fromisoformat(at)),))
    with pytest.raises(DecodeError, match="instant"):
        wire.decode_contacts(wire.encode_contacts(contacts))
