"""The simulated M-Bus meter against m-bus.md sections 3 and 11, and its telegrams against the driver.

Frames are those printed in m-bus.md; what a telegram says is compared with the plant.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from metering.calendar import ArchiveKind, MeterZone, slot_at, slots
from metering.errors import ConfigurationError, MeterBusy, UnknownModel
from metering.meters import MeterConfiguration
from metering.readings import ArchiveRecord
from protocols.mbus import profile
from protocols.mbus.driver import MbusDriver
from protocols.mbus.records import decode
from simulators.mbus import MbusMeter
from simulators.mbus_models import LAYOUTS, layout
from simulators.memory import MeterMemory
from simulators.plant import Plant
from tests.support.back_to_back import Bench
from tests.support.plant import judge

SND_NKE_5 = bytes.fromhex("10 40 05 45 16")
REQ_UD2_5 = bytes.fromhex("10 5B 05 60 16")
REQ_UD2_5_FCB = bytes.fromhex("10 7B 05 80 16")
DESELECT = bytes.fromhex("10 40 FD 3D 16")
REQ_UD2_SELECTED = bytes.fromhex("10 7B FD 78 16")
SELECT_12345678 = bytes.fromhex("68 0B 0B 68 53 FD 52 78 56 34 12 FF FF FF FF B2 16")
SELECT_1 = bytes.fromhex("68 0B 0B 68 53 FD 52 FF FF FF 1F FF FF FF FF BA 16")
SELECT_ALL = bytes.fromhex("68 0B 0B 68 53 FD 52 FF FF FF FF FF FF FF FF 9A 16")
SELECT_HYD = bytes.fromhex("68 0B 0B 68 53 FD 52 78 56 34 12 24 23 2A 04 2B 16")
ACK = b"\xe5"
NOW = datetime(2026, 11, 20, 9, 41, 30, tzinfo=UTC)


def meter(model: str = "kamstrup-multical-601", serial: str = "12345678", **settings: int) -> MbusMeter:
    memory = MeterMemory(
        Plant(4),
        now=lambda: NOW,
        zone=MeterZone("Asia/Almaty"),
        installed=datetime.fromisoformat("2026-05-04T08:00"),
        drift=timedelta(seconds=-70),
    )
    return MbusMeter(layout(model), 5, serial, memory, **settings)


@pytest.mark.parametrize("model", LAYOUTS)
def test_a_read_out_says_what_the_plant_did(model: str) -> None:
    device = meter(model)
    snapshot = Bench(device).run(MbusDriver(profile.load(model)).read_current("5", MeterConfiguration()))
    meter_time = snapshot.meter_time
    assert meter_time == datetime.fromisoformat("2026-11-20T14:40")  # UTC+5, 70 s slow, cut to the minute
    judge(snapshot.values, device.truth_snapshot(meter_time))


def brings_levels(model: str) -> bool:
    """Whether current values come in the same telegrams as the stored levels."""
    declared = profile.load(model)
    return declared.questions.current.is_ordinary and not declared.logs


@pytest.mark.parametrize("model", [model for model in LAYOUTS if brings_levels(model)])
def test_stored_levels_say_what_the_plant_did(model: str) -> None:
    device = meter(model)
    bench = Bench(device)
    bench.run(MbusDriver(profile.load(model)).read_current("5", MeterConfiguration()))
    totals = {record.slot.start: record.values for record in bench.records}
    days = slots(ArchiveKind.TOTAL, datetime.fromisoformat("2025-01-01"), NOW.replace(tzinfo=None))
    truths = {day.start: device.truth_archive(ArchiveKind.TOTAL, day.start) for day in days}
    assert set(totals) == {start for start, truth in truths.items() if truth is not None}
    for start, values in totals.items():
        truth = truths[start]
        assert truth is not None
        judge(values, truth)


ARCHIVES = [(model, kind) for model in LAYOUTS for kind in profile.load(model).info.depths]
NEWEST = 5


@pytest.mark.parametrize(("model", "kind"), ARCHIVES)
def test_an_archive_says_what_the_plant_did(model: str, kind: ArchiveKind) -> None:
    device, driver = meter(model), MbusDriver(profile.load(model))
    step = driver.info.totals_every if kind is ArchiveKind.TOTAL else kind
    first = device.memory.installed.replace(hour=0)
    starts = [slot.start for slot in slots(step, first, device.memory.meter_time())][-NEWEST - 1 :]
    asked = [slot_at(kind, start) for start in reversed(starts)]
    bench = Bench(device)
    bench.run(driver.read_archive("5", MeterConfiguration(), kind, asked))
    found = {record.slot: record for record in (*bench.records, *bench.gaps)}
    assert set(found) == set(asked)
    for slot, record in found.items():
        truth = device.truth_archive(kind, slot.start)
        assert isinstance(record, ArchiveRecord) == (truth is not None), slot
        if isinstance(record, ArchiveRecord) and truth is not None:
            judge(record.values, truth)
    from_log = profile.load(model).log(kind) is not None
    assert not from_log or any(isinstance(record, ArchiveRecord) for record in found.values())


def test_what_its_header_reports_is_what_the_driver_tells() -> None:
    device = meter("diehl-sharky-775")
    device.status = 0x04
    driver = MbusDriver(profile.load(device.model))
    snapshot = Bench(device).run(driver.read_current("5", MeterConfiguration()))
    assert {str(condition) for condition in snapshot.conditions} == {"battery_low"}


def test_months_before_the_installation_are_not_stored() -> None:
    """Installed in May: the levels of June to November are kept, the earlier ones not reached."""
    device = meter("minol-minocal")
    kept = [
        month
        for month in range(1, 12)
        if device.truth_archive(ArchiveKind.TOTAL, datetime.fromisoformat(f"2026-{month:02}-01"))
    ]
    assert kept == [6, 7, 8, 9, 10, 11]


def test_only_totals_are_kept() -> None:
    assert meter().truth_archive(ArchiveKind.HOUR, datetime.fromisoformat("2026-11-20T10:00")) is None


class TestLink:
    """m-bus.md 3.1, 3.2."""

    def test_reset_is_acknowledged_at_its_own_address_and_at_254(self) -> None:
        device = meter()
        assert device.hear(SND_NKE_5) == device.hear(bytes.fromhex("10 40 FE 3E 16")) == ACK

    @pytest.mark.parametrize(
        "frame",
        [
            "10 40 06 46 16",  # another meter's
            "10 40 FF 3F 16",  # broadcast
            "10 40 FD 3D 16",  # nobody is selected
            "10 40 05 46 16",  # wrong checksum
            "10 40 05 45 17",  # wrong stop byte
            "68 0B 0C 68 53 FD 52 78 56 34 12 FF FF FF FF B2 16",  # length bytes differ
            "E5",
            "",
        ],
    )
    def test_silence(self, frame: str) -> None:
        assert meter().hear(bytes.fromhex(frame)) is None

    def test_a_repeated_count_bit_repeats_the_telegram(self) -> None:
        device = meter("sensus-pollucom-e")
        device.hear(SND_NKE_5)
        assert device.hear(REQ_UD2_5_FCB) == device.hear(REQ_UD2_5_FCB)

    def test_a_toggled_count_bit_brings_the_next_telegram_and_the_last_leads_to_the_first(self) -> None:
        device = meter("sensus-pollucom-e")
        device.hear(SND_NKE_5)
        answers = [device.hear(frame) or b"" for frame in (REQ_UD2_5_FCB, REQ_UD2_5) * 3]
        follows = [decode(answer[6:-2]).more_follows for answer in answers]
        assert follows == [True, True, True, True, False, True]
        assert answers[5][19:-2] == answers[0][19:-2]

    def test_a_reset_brings_the_first_telegram_again(self) -> None:
        device = meter("sensus-pollucom-e")
        first = device.hear(REQ_UD2_5) or b""
        device.hear(REQ_UD2_5_FCB)
        device.hear(SND_NKE_5)
        assert (device.hear(REQ_UD2_5_FCB) or b"")[19:-2] == first[19:-2]

    def test_the_access_number_counts_answers(self) -> None:
        device = meter()
        numbers = [(device.hear(REQ_UD2_5) or b"")[15] for _ in range(3)]
        assert numbers == [1, 2, 3]

    def test_class_1_data_are_none(self) -> None:
        assert meter().hear(bytes.fromhex("10 5A 05 5F 16")) == ACK


class TestSelection:
    """m-bus.md 3.3, with its printed frames."""

    @pytest.mark.parametrize("frame", [SELECT_12345678, SELECT_1, SELECT_ALL])
    def test_who_matches_is_selected_and_answers_at_253(self, frame: bytes) -> None:
        device = meter()
        assert device.hear(REQ_UD2_SELECTED) is None
        assert device.hear(frame) == ACK
        answer = device.hear(REQ_UD2_SELECTED)
        assert answer is not None
        assert decode(answer[6:-2]).header.identification == "12345678"

    def test_the_maker_is_compared_whole(self) -> None:
        assert meter("kamstrup-multical-601").hear(SELECT_HYD) is None

    def test_a_selection_of_another_meter_deselects(self) -> None:
        device = meter(serial="22345678")
        device.hear(SELECT_ALL)
        assert device.hear(SELECT_1) is None
        assert device.hear(REQ_UD2_SELECTED) is None

    def test_a_reset_of_253_deselects(self) -> None:
        device = meter()
        device.hear(SELECT_ALL)
        assert device.hear(DESELECT) == ACK
        assert device.hear(DESELECT) is None


class TestCommands:
    """m-bus.md 3.5, 3.6."""

    def test_application_reset_chooses_instantaneous_values(self) -> None:
        device = meter("sensus-pollucom-e")
        assert device.hear(bytes.fromhex("68 04 04 68 53 05 50 50 F8 16")) == ACK
        telegram = decode((device.hear(REQ_UD2_5) or b"")[6:-2])
        assert not telegram.more_follows
        assert {record.storage for record in telegram.records} == {0}

    def test_application_reset_without_sub_code_brings_all_data_back(self) -> None:
        device = meter("sensus-pollucom-e")
        device.hear(bytes.fromhex("68 04 04 68 53 05 50 50 F8 16"))
        assert device.hear(bytes.fromhex("68 03 03 68 53 05 50 A8 16")) == ACK
        assert decode((device.hear(REQ_UD2_5) or b"")[6:-2]).more_follows

    def test_the_baud_rate_is_switched(self) -> None:
        device = meter()
        assert device.hear(bytes.fromhex("68 03 03 68 53 05 BD 15 16")) == ACK
        assert device.baud == 9600

    def test_a_new_primary_address_is_taken(self) -> None:
        device = meter()
        assert device.hear(bytes.fromhex("68 06 06 68 53 05 51 01 7A 07 2B 16")) == ACK
        assert device.hear(SND_NKE_5) is None
        assert device.address == 7

    def test_unknown_control_information_is_not_answered(self) -> None:
        assert meter().hear(bytes.fromhex("68 03 03 68 53 05 A0 F8 16")) is None


def test_after_its_daily_read_outs_the_meter_refuses() -> None:
    device = meter(reads_per_day=2)
    answers = [device.hear(REQ_UD2_5) or b"" for _ in range(3)]
    assert [answer[6] for answer in answers] == [0x72, 0x72, 0x70]
    with pytest.raises(MeterBusy):
        decode(answers[2][6:-2])


@pytest.mark.parametrize("serial", ["1234567", "123456789", "1234567A", ""])
def test_a_serial_must_have_eight_digits(serial: str) -> None:
    with pytest.raises(ConfigurationError, match="eight digits"):
        meter(serial=serial)


def test_an_address_above_250_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"0\.\.250"):
        MbusMeter(layout("minol-minocal"), 253, "12345678", meter().memory)


def test_an_unknown_model_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownModel, match="minol-minocal"):
        layout("minol-minokal")
