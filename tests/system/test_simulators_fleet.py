"""The demo's fleet answers the collector's own sessions, and what it says is the plant's truth."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from collector.line_settings import LineSettings
from collector.links.opening import link_for
from collector.links.url import LineUrl
from collector.session import Session
from metering.calendar import ArchiveKind, MeterSlot, slot_at, slot_start
from metering.errors import ConfigurationError, ProfileError, TeploError
from metering.readings import ArchiveRecord, Gap, MeterValue, Record, Snapshot
from metering.units import convert
from protocols import catalogue
from simulators.faults import FIELD, Fault
from simulators.fleet import DEMO, FleetLine, FleetMeter, RunningFleet, running_fleet
from simulators.fleet_file import read
from simulators.gateways.gateway import Gateway, GatewayKind
from simulators.truth import Truths
from tests.support.head_end import head_end
from tests.support.talker import talking_pty, talking_tcp

HOURS = 6
KINDS = (ArchiveKind.HOUR, ArchiveKind.DAY, ArchiveKind.MONTH, ArchiveKind.TOTAL)
TRIES = 6


def now() -> datetime:
    """The real time: a fleet lives in it."""
    return datetime.now(UTC)


class Reader:
    """Reads one line's meters as the collector does; a failed conversation is repeated."""

    def __init__(self, line: FleetLine, tries: int = TRIES) -> None:
        self._tries = tries
        self._url = LineUrl.parse(line.url)

    async def read(self, meter: FleetMeter) -> tuple[Snapshot, list[Record]]:
        """Current values, and the last records of each archive."""
        for _ in range(self._tries - 1):
            try:
                return await self._read(meter)
            except TeploError:
                continue
        return await self._read(meter)

    async def _read(self, meter: FleetMeter) -> tuple[Snapshot, list[Record]]:
        driver = catalogue.driver(meter.model, framing=self._url.framing, choices=self._url.choices)
        link = link_for(self._url, driver.info.line)
        await link.open()
        try:
            settings = LineSettings.of(self._url, driver.info.line)
            session = Session(link, settings=settings, now=now)
            kept: list[Record] = []

            def deliver(records: tuple[Record, ...], frame: int) -> None:
                kept.extend(records)

            identity = await session.run(driver.identify(meter.address), deliver)
            assert identity.serial == meter.serial
            configuration = await session.run(driver.read_configuration(meter.address), deliver)
            snapshot = await session.run(driver.read_current(meter.address, configuration), deliver)
            for kind in (kind for kind in KINDS if driver.info.depths.get(kind)):
                wanted = wanted_slots(kind, driver.info.totals_every)
                await session.run(driver.read_archive(meter.address, configuration, kind, wanted), deliver)
            return snapshot, kept
        finally:
            await link.close()


def wanted_slots(kind: ArchiveKind, totals_every: ArchiveKind) -> Sequence[MeterSlot]:
    """The last slots that are surely closed by every clock of the fleet."""
    if kind is ArchiveKind.TOTAL and totals_every is ArchiveKind.MONTH:
        return [slot_at(kind, slot.start) for slot in wanted_slots(totals_every, totals_every)]
    start = slot_start(kind, now().replace(tzinfo=None) + timedelta(hours=5) - timedelta(minutes=10))
    found = []
    for _ in range(HOURS if kind is ArchiveKind.HOUR else 2):
        start = slot_start(kind, start - timedelta(minutes=1))
        found.append(slot_at(kind, start))
    return found


def assert_admitted(values: Sequence[MeterValue], truth: Truths, place: str) -> None:
    seen = {(value.quantity.name, value.circuit): value for value in values if value.value is not None}
    assert set(seen) >= set(truth), place
    for key, expected in truth.items():
        value = seen[key]
        assert value.value is not None
        canonical = convert(value.value, value.unit, value.quantity).value
        assert expected.admits(canonical), (place, key, canonical, expected)


def assert_true(meter: FleetMeter, snapshot: Snapshot, records: Sequence[Record]) -> None:
    place = f"{meter.model} {meter.serial}"
    assert_admitted(snapshot.values, meter.truth_snapshot(snapshot.meter_time or now()), place)
    for record in records:
        assert isinstance(record, ArchiveRecord | Gap)
        truth = meter.truth_archive(record.kind, record.slot.start)
        assert (truth is None) == isinstance(record, Gap), (place, record)
        if isinstance(record, ArchiveRecord) and truth is not None:
            assert_admitted(record.values, truth, f"{place} {record.kind} {record.slot.start}")


async def read_line(line: FleetLine) -> None:
    reader = Reader(line)
    for meter in line.meters:
        assert_true(meter, *await reader.read(meter))


def lines_at_a_port(fleet: RunningFleet) -> list[FleetLine]:
    """Those that are read without a modem."""
    return [line for line in fleet.lines if LineUrl.parse(line.url).scheme not in ("inbound", "csd")]


async def test_every_meter_of_the_demo_says_the_truth() -> None:
    async with running_fleet(DEMO, now=now, random=Random(1)) as fleet:
        await asyncio.gather(*(read_line(line) for line in lines_at_a_port(fleet)))


async def test_with_the_faults_of_the_field_they_still_do() -> None:
    async with running_fleet(DEMO, now=now, random=Random(2), faults="field") as fleet:
        await asyncio.gather(*(read_line(line) for line in lines_at_a_port(fleet)))
        happened = set().union(*(line.faults for line in fleet.lines))
    assert happened <= set(FIELD)
    assert len(happened) >= 5


async def test_on_a_hostile_line_much_fails_but_nothing_lies() -> None:
    true, failed = 0, 0

    async def attempt(line: FleetLine) -> None:
        nonlocal true, failed
        for meter in line.meters:
            try:
                assert_true(meter, *await Reader(line, tries=2).read(meter))
                true += 1
            except TeploError:
                failed += 1

    hasty = read(re.sub("timeout=0\\.[0-9]", "timeout=0.2", DEMO.read_text("utf-8")), DEMO)
    async with running_fleet(hasty, now=now, random=Random(5), faults="hostile") as fleet:
        one_of_each = {line.protocol: line for line in lines_at_a_port(fleet)}.values()
        await asyncio.gather(*(attempt(line) for line in one_of_each))
    assert true + failed == sum(len(line.meters) for line in one_of_each)
    assert true > 0


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_nothing_is_left_of_a_fleet() -> None:
    tasks = asyncio.all_tasks()
    before = open_files()
    async with running_fleet(DEMO, now=now, random=Random(3), faults="field") as fleet:
        line = next(line for line in fleet.lines if line.protocol == "modbus-rtu")
        await Reader(line).read(line.meters[0])
        url = LineUrl.parse(line.url)
    assert asyncio.all_tasks() == tasks
    assert open_files() == before
    with pytest.raises(OSError):
        await asyncio.open_connection(url.host, url.port)


async def test_a_fleet_ends_while_somebody_waits_for_an_answer() -> None:
    tasks = asyncio.all_tasks()
    async with running_fleet(DEMO, now=now, random=Random(3)) as fleet:
        line = fleet.lines[0]
        reader, writer = await asyncio.open_connection(*line.endpoint.split(":"))
        writer.write(b"\x68")
        await writer.drain()
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
    assert asyncio.all_tasks() == tasks


async def test_clocks_drift_as_the_file_says() -> None:
    async with running_fleet(DEMO, now=now, random=Random(1)) as fleet:
        drifts = {meter.serial: meter.device.memory.drift for meter in fleet.meters if meter.installed}  # type: ignore[attr-defined]
    assert drifts["06855817"] == timedelta(seconds=-40)
    assert drifts["31425084"] == timedelta(seconds=130)


async def test_a_power_failure_makes_a_gap_where_an_hour_was_dark() -> None:
    async with running_fleet(DEMO, now=now, random=Random(1)) as fleet:
        meter = next(meter for meter in fleet.meters if meter.serial == "1100342")
        dark = slot_start(ArchiveKind.HOUR, now().replace(tzinfo=None) + timedelta(hours=5 - 28))
        assert meter.truth_archive(ArchiveKind.HOUR, dark) is None
        assert meter.truth_archive(ArchiveKind.HOUR, dark - timedelta(hours=5)) is not None


METER = 'model = "minol-minocal"\nserial = "31425084"\naddress = 1\n'
GATEWAY = f"""
zone = "+05:00"
installed_days_ago = 2
[[line]]
front = "inbound"
protocol = "m-bus"
gateway = "usr"
identity = "N001"
with_data = true
options = "timeout=2"
[[line.meter]]
{METER}"""
HEAD = 'zone = "+05:00"\ninstalled_days_ago = 2\n[[line]]\nfront = "tcp"\nprotocol = "{}"\n[[line.meter]]\n'


@pytest.mark.parametrize(
    ("protocol", "meter"),
    [
        ("m-bus", 'model = "elf-04"\nserial = "12345678"\naddress = 1'),
        ("modbus-rtu", 'model = "minol-minocal"\nserial = "12345678"\naddress = 1'),
        ("m-bus", 'model = "minol-minocal"\nserial = "123"\naddress = 1'),
        ("m-bus", 'model = "minol-minocal"\nserial = "12345678"\naddress = 251'),
    ],
)
async def test_a_meter_that_cannot_be_simulated_is_refused_before_any_line_opens(
    protocol: str, meter: str
) -> None:
    fleet = read(HEAD.format(protocol) + meter, DEMO)
    with pytest.raises(ConfigurationError):
        async with running_fleet(fleet, now=now, random=Random(1)):
            pass


async def test_an_unknown_fault_mix_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="stormy"):
        async with running_fleet(DEMO, now=now, random=Random(1), faults="stormy"):
            pass


async def test_a_wrong_fleet_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "fleet.toml").write_text('zone = "+05:00"\n')
    with pytest.raises(ProfileError, match="installed_days_ago"):
        async with running_fleet(tmp_path / "fleet.toml", now=now, random=Random(1)):
            pass


def test_faults_are_counted_by_name() -> None:
    assert {fault.value for fault in Fault} >= {"silence", "damaged", "late", "foreign", "cut", "echo"}


SND_NKE = bytes.fromhex("10 40 01 41 16")
ACK = b"\xe5"


async def test_inbound_lines_are_registered_by_what_their_gateways_say() -> None:
    """One of each kind; a WRX says nothing unasked, so it stays at home here."""
    text = (DEMO.parent / "gsm.toml").read_text().replace("copies = ", "copies = 1  # ")
    async with head_end() as listening:

        def listener(gateway: Gateway) -> tuple[str, int] | None:
            return None if gateway.kind is GatewayKind.WRX else listening.address

        async with running_fleet(read(text, DEMO), now=now, random=Random(1), listener=listener) as running:
            urls = {
                line.gateway.gateway.kind: LineUrl.parse(line.url) for line in running.lines if line.gateway
            }
            heard = b" ".join([await (await listening.caller()).segment() for _ in range(len(urls) - 1)])
    assert (urls[GatewayKind.USR].heartbeat, urls[GatewayKind.USR].answer) == (b"\x55\xaa", b"\xaa\x55")
    assert all(url.place.encode() in heard for kind, url in urls.items() if kind is not GatewayKind.WRX)
    assert urls[GatewayKind.WRX].place == "861785006300010"


async def test_a_meter_behind_a_gateway_answers_the_head_end() -> None:
    async with head_end() as listening:
        fleet = read(GATEWAY, DEMO)
        async with running_fleet(
            fleet, now=now, random=Random(1), listener=lambda gateway: listening.address
        ) as running:
            caller = await listening.caller()
            assert await caller.hear(4) == b"N001"
            assert await caller.ask(SND_NKE, 5) == b"N001" + ACK
            (line,) = running.lines
            assert line.gateway is not None
            assert line.gateway.attached
            assert line.url == "inbound:N001?prefix=4e303031&timeout=2"


async def test_gateways_without_a_head_end_do_no_harm() -> None:
    async with running_fleet(DEMO, now=now, random=Random(1)) as fleet:
        gateways = [line.gateway for line in fleet.lines if line.gateway]
        await Reader(fleet.lines[0]).read(fleet.lines[0].meters[0])
    assert len(gateways) == 6
    assert not any(gateway.sessions for gateway in gateways)


async def test_a_dialled_meter_answers_the_modem_that_calls_it() -> None:
    async with running_fleet(DEMO, now=now, random=Random(1)) as fleet:
        line = next(line for line in fleet.lines if line.pool == "main" and line.protocol == "m-bus")
        assert LineUrl.parse(line.url).pool == "main"
        (modem, *others) = (LineUrl.parse(url) for url in fleet.pools["main"])
        assert len(others) == 1
        async with talking_pty(modem.place) as talker:
            assert b"OK" in await talker.ask(b"ATE0\r")
            connected = await talker.ask(f"ATD{line.endpoint}\r".encode())
            assert b"CONNECT" in connected
            assert await talker.ask(SND_NKE, 1) == ACK
    assert [call.number for call in fleet.network.log] == [line.endpoint]


async def test_no_two_modems_of_a_fleet_are_the_same() -> None:
    pools = '[[pool]]\nname = "main"\nmodems = 2\n[[pool]]\nname = "spare"\nmodems = 2\nfront = "tcp"\n'
    fleet = read(HEAD.format("m-bus") + METER + pools, DEMO)
    async with running_fleet(fleet, now=now, random=Random(1)) as running:
        schemes = {name: [LineUrl.parse(url).scheme for url in urls] for name, urls in running.pools.items()}
        modems = [modem for pool in running.modems.values() for modem in pool]
    assert schemes == {"main": ["serial", "serial"], "spare": ["tcp", "tcp"]}
    assert len({modem.imei for modem in modems}) == 4


async def test_a_wedged_gateway_passes_nothing() -> None:
    fleet = read(HEAD.format("m-bus").replace('front = "tcp"', 'front = "tcp"\nwedge = "dumb"') + METER, DEMO)
    async with running_fleet(fleet, now=now, random=Random(1)) as running:
        (line,) = running.lines
        assert line.wedging is not None
        assert line.wedging.wedged
        async with talking_tcp(LineUrl.parse(line.url).port) as talker:
            assert await talker.ask(SND_NKE) == b""
