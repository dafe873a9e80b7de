"""The driver reads simulated meters through pymodbus's server, and what it reads is the plant's truth."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from metering.calendar import ArchiveKind, MeterSlot, MeterZone, slot_at, slots
from metering.errors import ConfigurationError
from metering.meters import MeterConfiguration
from metering.readings import ArchiveRecord, Gap, GapReason, MeterValue, Record, Snapshot
from metering.units import convert
from protocols.conversation import Conversation, Deliver, Exchange
from protocols.modbus.driver import ModbusDriver
from protocols.modbus.messages import Framing, Question, read_registers
from protocols.modbus.profile import load, names
from simulators.memory import MeterMemory
from simulators.modbus import ModbusMeter, serve_modbus
from simulators.plant import Plant
from simulators.truth import Truths

T = TypeVar("T")

NOW = datetime(2026, 2, 10, 9, 17, 30, tzinfo=UTC)
ZONE = MeterZone("+05:00")
INSTALLED = datetime.fromisoformat("2025-11-20T00:00:00")
FAILURE = MeterSlot(
    datetime.fromisoformat("2026-02-09T03:30:00"), datetime.fromisoformat("2026-02-09T06:20:00")
)
ANSWER_WITHIN = 5.0
EVENING = datetime.fromisoformat("2026-02-08T22:00:00")
MORNING = datetime.fromisoformat("2026-02-09T09:00:00")


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


class Line:
    """Runs conversations over one TCP connection, as bare as can be."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.delivered: list[Record] = []

    async def run(self, conversation: Conversation[T]) -> T:
        try:
            step = next(conversation)
            while True:
                if isinstance(step, Deliver):
                    self.delivered.extend(step.records)
                step = conversation.send(await self.exchange(step) if isinstance(step, Exchange) else b"")
        except StopIteration as end:
            result: T = end.value
            return result

    async def exchange(self, step: Exchange) -> bytes:
        self._writer.write(step.request)
        heard = b""
        async with asyncio.timeout(ANSWER_WITHIN):
            while (end := step.complete(heard)) is None:
                heard += await self._reader.read(4096)
        return heard[:end]


@asynccontextmanager
async def served(meters: Sequence[ModbusMeter], framing: Framing = Framing.RTU) -> AsyncIterator[Line]:
    async with serve_modbus(meters, framing) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            yield Line(reader, writer)
        finally:
            writer.close()
            await writer.wait_closed()


def meter(model: str, address: int = 1, clock: Clock | None = None, circuits: int = 1) -> ModbusMeter:
    memory = MeterMemory(
        Plant(address),
        now=clock or Clock(),
        zone=ZONE,
        installed=INSTALLED,
        drift=timedelta(seconds=-41),
        power_failures=[FAILURE],
        circuits=circuits,
    )
    return ModbusMeter(model, address, f"{12345 + address:08d}", memory)


def assert_true(values: Iterable[MeterValue], truths: Truths | None) -> None:
    assert truths
    read = {(value.quantity.name, value.circuit): value for value in values}
    for key, truth in truths.items():
        value = read[key]
        assert value.value is not None, f"{key} is absent"
        canonical = convert(value.value, value.unit, value.quantity).value
        assert truth.admits(canonical), f"{key}: {canonical} is not {truth}"


@pytest.mark.parametrize("framing", Framing)
@pytest.mark.parametrize("model", names())
async def test_a_snapshot_is_the_plants_truth(model: str, framing: Framing) -> None:
    simulated = meter(model, 3)
    driver = ModbusDriver(load(model), framing)
    async with served([simulated], framing) as line:
        identity = await line.run(driver.identify("3"))
        configuration = await line.run(driver.read_configuration("3"))
        snapshot = await line.run(driver.read_current("3", configuration))
    assert identity.serial.lstrip("0") == "12348"
    assert snapshot.meter_time == datetime.fromisoformat("2026-02-10T14:16:49")
    truths = simulated.truth_snapshot(snapshot.meter_time)
    if truths or snapshot.values:
        assert_true(snapshot.values, truths)


@pytest.mark.parametrize(
    ("model", "kind"), [(model, kind) for model in names() for kind in load(model).archives]
)
async def test_archives_are_the_plants_truth_and_gaps_are_where_the_power_was_away(
    model: str, kind: ArchiveKind
) -> None:
    simulated, driver = meter(model), ModbusDriver(load(model))
    first, last = (EVENING, MORNING) if kind is ArchiveKind.HOUR else (INSTALLED, MORNING)
    asked = list(slots(kind, first, last))[-20:]
    async with served([simulated]) as line:
        configuration = await line.run(driver.read_configuration("1"))
        await line.run(driver.read_archive("1", configuration, kind, asked))
    records = [record for record in line.delivered if not isinstance(record, Snapshot)]
    assert [record.slot for record in records] == asked
    for record in records:
        truths = simulated.truth_archive(kind, record.slot.start)
        if isinstance(record, ArchiveRecord):
            assert_true(record.values, truths)
        else:
            assert truths is None
    assert any(isinstance(record, ArchiveRecord) for record in records)


async def test_the_hours_without_power_are_gaps() -> None:
    simulated, driver = meter("vzlet-tsrv-024m"), ModbusDriver(load("vzlet-tsrv-024m"))
    hours = list(slots(ArchiveKind.HOUR, FAILURE.start.replace(minute=0), FAILURE.end))
    async with served([simulated]) as line:
        await line.run(driver.read_archive("1", MeterConfiguration(), ArchiveKind.HOUR, hours))
    gaps = [record for record in line.delivered if isinstance(record, Gap)]
    assert [gap.slot.start.hour for gap in gaps] == [4, 5]
    assert {gap.reason for gap in gaps} == {GapReason.NO_RECORD}


@pytest.mark.parametrize("framing", Framing)
async def test_several_units_share_a_line_and_a_stranger_is_silent(framing: Framing) -> None:
    meters = [meter(model, unit) for unit, model in enumerate(names(), start=1)]
    async with served(meters, framing) as line:
        for simulated in meters:
            identity = await line.run(ModbusDriver(simulated.profile, framing).identify(simulated.address))
            assert identity.serial.lstrip("0") == simulated.serial.lstrip("0")
        question = Question(read_registers(3, 0, 1), 77, framing)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await line.exchange(Exchange(question.frame(), question.complete))


async def test_a_short_serial_is_filled_with_zeros_where_the_meter_has_eight_digits() -> None:
    simulated = ModbusMeter("elf-04", 1, "1001", meter("elf-04").memory)
    async with served([simulated]) as line:
        assert (await line.run(ModbusDriver(simulated.profile).identify("1"))).serial == "00001001"


def test_a_serial_that_is_no_number_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="digits"):
        ModbusMeter("elf-04", 1, "A-1", meter("elf-04").memory)


async def test_both_heat_inputs_of_a_tv7_are_read() -> None:
    simulated = meter("termotronic-tv7", circuits=2)
    driver = ModbusDriver(simulated.profile)
    async with served([simulated]) as line:
        configuration = await line.run(driver.read_configuration("1"))
        snapshot = await line.run(driver.read_current("1", configuration))
    assert snapshot.meter_time
    assert_true(snapshot.values, simulated.truth_snapshot(snapshot.meter_time))
    assert {value.circuit for value in snapshot.values} == {1, 2}


@pytest.mark.parametrize(("word", "unit"), [("SI", "GJ"), ("MKS", "Gcal")])
async def test_the_meters_own_setting_decides_the_unit(word: str, unit: str) -> None:
    simulated = meter("termotronic-tv7")
    simulated.settings["units"] = word
    driver = ModbusDriver(simulated.profile)
    async with served([simulated]) as line:
        configuration = await line.run(driver.read_configuration("1"))
        snapshot = await line.run(driver.read_current("1", configuration))
    units = {value.unit for value in snapshot.values if value.quantity.name == "energy_heating"}
    assert (configuration.settings["units"], units) == (word, {unit})
    assert snapshot.meter_time
    assert_true(snapshot.values, simulated.truth_snapshot(snapshot.meter_time))


async def test_a_snapshot_across_a_minute_is_read_once_more() -> None:
    clock = Clock()
    simulated = meter("vzlet-tsrv-024m", clock=clock)
    driver = ModbusDriver(simulated.profile)
    conversation = driver.read_current("1", MeterConfiguration())
    async with served([simulated]) as line:
        exchanges, step = 1, next(conversation)
        with pytest.raises(StopIteration) as end:
            while True:
                assert isinstance(step, Exchange)
                step = conversation.send(await line.exchange(step))
                exchanges += 1
                clock.at = NOW + timedelta(minutes=1) if exchanges > 4 else NOW
    snapshot = end.value.value
    assert exchanges == 2 * 19
    assert snapshot.meter_time == datetime.fromisoformat("2026-02-10T14:17:49")
    assert_true(snapshot.values, simulated.truth_snapshot(snapshot.meter_time))


async def test_a_slot_out_of_depth_and_one_that_still_runs_are_told_apart() -> None:
    simulated, driver = meter("vzlet-tsrv-024m"), ModbusDriver(load("vzlet-tsrv-024m"))
    starts = [datetime.fromisoformat(text) for text in ("2025-01-01T00:00:00", "2026-02-10T14:00:00")]
    asked = [slot_at(ArchiveKind.HOUR, start) for start in starts]
    async with served([simulated]) as line:
        await line.run(driver.read_archive("1", MeterConfiguration(), ArchiveKind.HOUR, asked))
    reasons = [record.reason for record in line.delivered if isinstance(record, Gap)]
    assert reasons == [GapReason.OUT_OF_DEPTH, GapReason.NOT_YET_CLOSED]
