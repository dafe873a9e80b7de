"""Fleet files are read strictly: every mistake is refused with its line and key."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from metering.errors import ConfigurationError, ProfileError
from protocols import vectors
from protocols.vectors import Vector
from simulators.fleet_file import load, read
from simulators.fleet_plan import Failure, FrontKind, LineProtocol, MeterPlan

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "simulators" / "fleets" / "demo.toml"

GOOD = """
zone = "Asia/Almaty"
installed_days_ago = 200
[[line]]
front = "tcp"
protocol = "m-bus"
[[line.meter]]
model = "minol-minocal"
serial = "31425084"
address = 3
drift = -40
power_failures = ["-30h..-27h"]
[[line.meter]]
model = "diehl-sharky-775"
serial = "41713800"
address = 4
"""


def test_a_fleet_is_read_whole() -> None:
    fleet = read(GOOD, DEMO)
    (line,) = fleet.lines
    first, second = line.meters
    assert (fleet.zone.name, fleet.installed_days_ago) == ("Asia/Almaty", 200)
    assert (line.front, line.protocol, line.faults) == (FrontKind.TCP, LineProtocol.M_BUS, "none")
    assert isinstance(first, MeterPlan)
    assert first.drift == timedelta(seconds=-40)
    assert first.power_failures == (Failure(timedelta(hours=30), timedelta(hours=27)),)
    assert isinstance(second, MeterPlan)
    assert (second.size, second.circuits, second.drift) == ("building", 1, timedelta(0))


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('zone = "Asia/Almaty"', 'zone = "Asia/Nowhere"', "zone"),
        ('zone = "Asia/Almaty"', "", "zone.*missing"),
        ("installed_days_ago = 200", "installed_days_ago = 0", "installed_days_ago"),
        ('front = "tcp"', 'front = "usb"', r"\[\[line\]\] 1: front = 'usb'"),
        ('protocol = "m-bus"', 'protocol = "modbus"', "protocol = 'modbus'"),
        ('protocol = "m-bus"', 'protocol = "m-bus"\nfaults = "stormy"', "faults = 'stormy'.*field"),
        ('protocol = "m-bus"', 'protocol = "m-bus"\ndelay = 60.0', "delay"),
        ('protocol = "m-bus"', 'protocol = "m-bus"\nbaud = 2400', "unknown key baud"),
        ('front = "tcp"\nprotocol = "m-bus"', 'front = "pty"\nprotocol = "modbus-tcp"', "modbus-tcp needs"),
        ('serial = "31425084"', "serial = 31425084", r"\[\[meter\]\] 1: serial"),
        ("address = 3", "address = 256", "address is 256"),
        ("address = 3", "address = 4", "two meters have the address 4"),
        ("drift = -40", 'colour = "grey"', r"\[\[line\]\] 1, \[\[meter\]\] 1: unknown key colour"),
        ("-30h..-27h", "-27h..-30h", "power_failures = '-27h..-30h'"),
        ("-30h..-27h", "yesterday", "write it like -30h"),
        ("drift = -40", 'size = "palace"', "size = 'palace'.*house"),
        ("drift = -40", "circuits = 3", "circuits is 3"),
        ('model = "minol-minocal"\n', "", "'model' is missing"),
        ("[[line]]", "[[line", "not TOML"),
    ],
)
def test_a_mistake_is_refused_with_its_place(old: str, new: str, complaint: str) -> None:
    assert old in GOOD
    with pytest.raises(ProfileError, match=complaint):
        read(GOOD.replace(old, new, 1), DEMO)


def test_a_fleet_needs_a_line_and_a_line_a_meter() -> None:
    head = 'zone = "+05:00"\ninstalled_days_ago = 1\n'
    with pytest.raises(ProfileError, match="number of lines is 0"):
        read(head, DEMO)
    with pytest.raises(ProfileError, match="number of meters is 0"):
        read(head + '[[line]]\nfront = "tcp"\nprotocol = "m-bus"\n', DEMO)


def test_meters_with_secondary_addresses_may_share_a_primary_one() -> None:
    shared = GOOD.replace("address = 4", "address = 3\nsecondary = true")
    assert len(read(shared, DEMO).lines[0].meters) == 2


def replayed(protocol: str, *, mixed: bool = False) -> str:
    meter = '[[line.meter]]\nreplay = "captured/apator-elf.toml"\n'
    other = '[[line.meter]]\nmodel = "elf-04"\nserial = "1"\naddress = 9\n' if mixed else ""
    head = 'zone = "+05:00"\ninstalled_days_ago = 1\n'
    return f'{head}[[line]]\nfront = "tcp"\nprotocol = "{protocol}"\n{meter}{other}'


def test_a_transcript_is_found_beside_the_fleet_file() -> None:
    (meter,) = read(replayed("m-bus"), DEMO).lines[0].meters
    assert isinstance(meter, Vector)
    assert meter.model == "apator-elf"


def test_a_modbus_line_is_replayed_wholly_or_not_at_all() -> None:
    assert read(replayed("modbus-rtu"), DEMO)
    with pytest.raises(ProfileError, match="all meters are replayed or none"):
        read(replayed("modbus-rtu", mixed=True), DEMO)


def test_modbus_tcp_cannot_be_replayed() -> None:
    with pytest.raises(ProfileError, match="running numbers"):
        read(replayed("modbus-tcp"), DEMO)


def test_a_missing_transcript_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"\[\[meter\]\] 1: replay: .*apator-elf.toml cannot be read"):
        read(replayed("m-bus"), tmp_path / "fleet.toml")


def test_an_unreadable_fleet_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nothing\.toml cannot be read"):
        load(tmp_path / "nothing.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match=r"binary\.toml cannot be read"):
        load(tmp_path / "binary.toml")


def test_the_demo_has_its_size_and_mixture() -> None:
    fleet = load(DEMO)
    assert sum(len(line.meters) for line in fleet.lines) >= 36
    assert len(fleet.lines) >= 12
    assert {line.front for line in fleet.lines} == set(FrontKind)
    assert {line.protocol for line in fleet.lines} == set(LineProtocol)


CAPTURED = sorted((DEMO.parent / "captured").glob("*.toml"))


@pytest.mark.parametrize("captured", CAPTURED, ids=lambda path: path.stem)
def test_the_demo_replays_what_the_vectors_say(captured: Path) -> None:
    """What a captured meter says in the demo is what the codecs are tested by."""
    vector = ROOT / "tests" / "vectors" / "m-bus" / captured.name
    replayed, tested = (vectors.load(path.read_text(), path.name) for path in (captured, vector))
    exchanges = {each for conversation in tested.conversations for each in conversation.exchanges}
    for conversation in replayed.conversations:
        assert exchanges.issuperset(conversation.exchanges)
