"""The KMP driver and the simulated MULTICAL back to back: absences, gaps, choices, the change of the day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import pytest

from metering.calendar import ArchiveKind, MeterSlot, slot_at
from metering.errors import ConfigurationError, MeterBusy, NotSupported, TeploError
from metering.readings import Absence, ArchiveRecord, Gap, GapReason, MeterValue, Snapshot
from protocols import catalogue
from protocols.driver import ClockSetter
from protocols.vendor.kmp import FAMILY, ask
from protocols.vendor.kmp.frames import REPLY, Frame, decode
from simulators.families import DevicePlan
from simulators.vendor.kmp import build
from simulators.vendor.kmp.meter import KmpMeter
from tests.support.back_to_back import Disturb
from tests.support.driver_bench import EMPTY, DriverBench, judge_all
from tests.support.plant import NOW, memory

HOUR, DAY, MONTH, TOTAL = ArchiveKind.HOUR, ArchiveKind.DAY, ArchiveKind.MONTH, ArchiveKind.TOTAL
M601, M403, M801 = (f"kamstrup-multical-{number}-kmp" for number in (601, 403, 801))


def bench(
    model: str,
    choices: Mapping[str, str] | None = None,
    *,
    now: datetime = NOW,
    off: str = "",
    serial: str = "77",
) -> DriverBench[KmpMeter]:
    failures = [MeterSlot(*map(datetime.fromisoformat, each.split("/"))) for each in off.split()]
    of_it = memory(
        datetime.fromisoformat("2025-09-20T10:30"), now=now, zone="+00:00", power_failures=failures
    )
    chosen = dict(choices or {})
    meter = build(DevicePlan(model, "63", serial, of_it, lambda: 0.0, chosen))
    line = {f"kmp.{name}": word for name, word in chosen.items()}
    return DriverBench(meter, driver=catalogue.driver(model, choices=line), address="63")


def altered(change: Callable[[Frame], bytes]) -> Disturb:
    """Replies with other data, framed anew."""

    def spoil(asked: bytes, reply: bytes) -> bytes:
        frame = decode(reply)
        return Frame(REPLY, frame.destination, frame.command, change(frame)).encode()

    return spoil


def value_of(snapshot: Snapshot, name: str) -> MeterValue:
    return next(value for value in snapshot.values if value.quantity.name == name)


def test_what_a_meter_does_not_have_is_absent_and_never_zero() -> None:
    snapshot = bench(M601).current()
    supply = value_of(snapshot, "energy_supply")  # no plant has it, so the meter leaves the register out
    assert (supply.value, supply.absence, supply.unit) == (None, Absence.NO_DATA, "Gcal")
    assert value_of(snapshot, "energy_heating").absence is None


def test_a_value_in_a_unit_that_does_not_measure_it_is_absent() -> None:
    found = bench(M403)
    found.disturb = altered(lambda frame: frame.data.replace(b"\x00\x3c\x03\x04", b"\x00\x3c\x28\x04"))
    energy = value_of(found.current(), "energy_heating")  # unit 28h = m3
    assert (energy.value, energy.absence) == (None, Absence.NOT_DECODED)


def test_units_of_ten_are_multiplied() -> None:
    plain, tenfold = bench(M801), bench(M801)
    tenfold.disturb = altered(lambda frame: frame.data.replace(b"\x00\x3c\x08\x04", b"\x00\x3c\x39\x04"))
    one, ten = (value_of(each.current(), "energy_heating") for each in (plain, tenfold))
    assert one.value is not None and ten.value == one.value * 10
    assert (one.unit, ten.unit) == ("GJ", "GJ")


def test_a_reply_of_no_register_at_all_is_no_clock() -> None:
    found = bench(M601)
    found.disturb = altered(lambda frame: b"")
    with pytest.raises(TeploError, match="no date or no clock"):
        found.run(found.driver.read_clock("63", EMPTY))


def test_the_second_day_of_the_log_when_record_1_is_today() -> None:
    found = bench(M601, {"newest_day": "today"})
    found.archive(DAY, "2026-02-09", "2026-01-12")
    judge_all(found, DAY, 2)


def test_days_beyond_what_was_seen_are_not_asked_for() -> None:
    first, *_ = bench(M601).archive(DAY, "2025-11-01")
    assert first == Gap(DAY, slot_at(DAY, datetime.fromisoformat("2025-11-01")), GapReason.OUT_OF_DEPTH)


def test_months_by_age_when_they_are_switched_on() -> None:
    found = bench(M601, {"month_log": "on"})
    assert found.driver.info.depths[MONTH] == 12
    found.archive(MONTH, "2026-01-01", "2025-11-01")
    judge_all(found, MONTH, 2)
    with pytest.raises(NotSupported):
        bench(M601).archive(MONTH, "2026-01-01")


@pytest.mark.parametrize("order", ["year_first", "seconds_first"])
@pytest.mark.parametrize("place", ["top", "base"])
def test_hours_and_totals_of_a_module(place: str, order: str) -> None:
    choices = {"module_log": place, "log_time": order}
    found = bench(M601, choices)
    found.archive(HOUR, *(f"2026-02-10T{hour:02}:00" for hour in range(8, -1, -1)))
    judge_all(found, HOUR, 9)
    found = bench(M601, choices)
    found.archive(TOTAL, "2026-02-10", "2026-02-09", "2026-01-20")
    judge_all(found, TOTAL, 3)


def test_a_module_that_wants_the_other_order_of_time_says_so() -> None:
    found = bench(M801)
    found.device = bench(M801, {"log_time": "seconds_first"}).device
    with pytest.raises(NotSupported, match=r"kmp\.log_time"):
        found.archive(HOUR, "2026-02-10T08:00")


def test_records_beside_a_time_out_of_range_are_read_by_their_own_stamps() -> None:
    """Section 6, info bit 2: a time after the newest record may be out of range; the records are there."""

    def flagged(frame: Frame) -> bytes:
        return frame.data[:-1] + bytes((frame.data[-1] | 4,)) if frame.command == 0xA3 else frame.data

    found = bench(M801)
    found.disturb = altered(flagged)
    found.archive(HOUR, "2026-02-10T08:00", "2026-02-10T07:00")
    judge_all(found, HOUR, 2)


def test_a_meter_without_a_module_has_no_hours() -> None:
    with pytest.raises(NotSupported):
        bench(M601).archive(HOUR, "2026-02-10T08:00")


@pytest.mark.parametrize("now", ["2026-02-10T00:03:00+00:00", "2026-02-10T00:00:00+00:00"])
def test_just_after_midnight_the_day_log_is_left_alone(now: str) -> None:
    with pytest.raises(MeterBusy):
        bench(M601, now=datetime.fromisoformat(now)).archive(DAY, "2026-02-08")


def test_what_was_read_while_the_day_changed_is_not_delivered() -> None:
    found = bench(M601, now=datetime.fromisoformat("2026-02-10T23:59:58+00:00"))
    seen: list[bytes] = []

    def spoil(asked: bytes, reply: bytes) -> bytes:
        seen.append(reply)
        found.device.memory.drift = timedelta(seconds=len(seen))
        return reply

    found.disturb = spoil
    with pytest.raises(MeterBusy, match="began while"):
        found.archive(DAY, "2026-02-09")
    assert found.delivered == []


def test_a_logger_with_lost_hours_gives_gaps_there_and_the_rest() -> None:
    found = bench(M403, off="2026-02-09T05:20/2026-02-09T08:10")
    hours = [f"2026-02-09T{hour:02}:00" for hour in range(12, 1, -1)]
    gaps = [one.slot.start.hour for one in found.archive(HOUR, *hours) if isinstance(one, Gap)]
    assert gaps == [8, 7, 6, 5]
    judge_all(found, HOUR, 7)


def test_a_register_that_was_set_back_gained_nothing_that_could_be_billed() -> None:
    """Day logger: E1 of the opening entry is far above that of the closing one."""
    found = bench(M403)

    def set_back(asked: bytes, reply: bytes) -> bytes:
        frame = decode(reply)
        if frame.command != 0xB8:
            return reply
        at = frame.data.index(b"\x00\x3c\x03\x04") + 5
        data = frame.data[:at] + bytes(4) + frame.data[at + 4 :]
        return Frame(REPLY, frame.destination, frame.command, data).encode()

    found.disturb = set_back
    (record,) = found.archive(DAY, "2026-02-09")
    assert isinstance(record, ArchiveRecord)
    heat = next(value for value in record.values if value.quantity.name == "energy_heating")
    assert (heat.value, heat.absence) == (None, Absence.NO_DATA)


@pytest.mark.parametrize(("info", "reason"), [(0x0140, GapReason.UNREADABLE), (0x0040, None)])
def test_entries_beside_an_error_of_the_memory_are_not_believed(info: int, reason: GapReason | None) -> None:
    """Section 7, info bit 8."""
    found = bench(M403)
    found.disturb = logger_info(info)
    (one,) = found.archive(DAY, "2026-02-09")
    assert (one.reason if isinstance(one, Gap) else None) is reason


def test_a_request_that_the_logger_calls_invalid_is_no_gap() -> None:
    """Section 7, info bit 9."""
    found = bench(M403)
    found.disturb = logger_info(0x0201)
    with pytest.raises(NotSupported, match="invalid"):
        found.archive(DAY, "2026-02-09")
    assert found.delivered == []


def logger_info(info: int) -> Disturb:
    """Replies of a logger with these info bits; without entries where bit 0 says so."""

    def change(frame: Frame) -> bytes:
        if frame.command != 0xB8:
            return frame.data
        told = info.to_bytes(2, "big")
        if info & 1:
            return frame.data[:2] + bytes(3) + frame.data[5:13] + told
        return frame.data[:13] + told + frame.data[15:]

    return altered(change)


def test_days_far_back_are_found_over_lost_ones() -> None:
    found = bench(M403, off="2025-12-01T05:20/2025-12-20T08:10 2026-01-05T05:20/2026-01-07T08:10")
    found.archive(DAY, "2025-10-07", "2025-12-24")
    judge_all(found, DAY, 2)
    assert found.archive(DAY, "2025-12-10")[-1] == Gap(
        DAY, slot_at(DAY, datetime.fromisoformat("2025-12-10")), GapReason.NO_RECORD
    )


@pytest.mark.parametrize("kind", [HOUR, DAY, TOTAL, MONTH])
def test_before_its_installation_a_logger_has_nothing(kind: ArchiveKind) -> None:
    fresh = bench(M403)
    (found,) = fresh.archive(kind, "2025-08-01")
    assert isinstance(found, Gap) and found.reason is GapReason.NO_RECORD
    assert len(fresh.asked) < 16


def test_a_meter_that_was_just_installed_has_empty_loggers() -> None:
    now = datetime.fromisoformat("2025-09-20T10:40:00+00:00")
    for model, kind in ((M403, DAY), (M801, HOUR)):
        (found,) = bench(model, now=now).archive(kind, "2025-09-19")
        assert isinstance(found, Gap) and found.reason is GapReason.NO_RECORD


def test_a_slot_that_runs_is_not_closed() -> None:
    (found,) = bench(M403).archive(HOUR, "2026-02-10T09:00")
    assert isinstance(found, Gap) and found.reason is GapReason.NOT_YET_CLOSED


def test_the_clock_is_set_where_the_document_says_how() -> None:
    found = bench(M601)
    assert isinstance(found.driver, ClockSetter) and found.driver.info.sets_clock
    moment = datetime.fromisoformat("2026-02-10T12:00:00")
    found.run(found.driver.set_clock("63", EMPTY, moment))
    assert found.run(found.driver.read_clock("63", EMPTY)) == moment
    assert not isinstance(bench(M403).driver, ClockSetter)


def test_a_search_names_the_model_where_its_type_tells() -> None:
    found = bench(M601, serial="6271597")
    answer = found.run(ask("63"))
    assert (answer.model, answer.identity.serial) == (M601, "6271597")
    assert bench(M403).run(ask("63")).model == ""
    assert FAMILY.search[0].lines[0].stop == 2


@pytest.mark.parametrize("address", ["", "3F", "256", "-1", "٣"])
def test_an_address_is_a_decimal_destination(address: str) -> None:
    found = bench(M601)
    with pytest.raises(ConfigurationError):
        found.run(found.driver.read_clock(address, EMPTY))
