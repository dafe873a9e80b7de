"""Fleet files are read strictly: every mistake is refused with its line and key."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from metering.errors import ConfigurationError, ProfileError
from protocols import vectors
from protocols.vectors import Vector
from simulators.fleet_file import load, read
from simulators.fleet_plan import M_BUS, MODBUS, Failure, FrontKind, MeterPlan, PortKind
from simulators.gateways.gateway import GatewayKind
from simulators.gateways.wedge import Wedge

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
    assert (line.front, line.protocol, line.faults) == (FrontKind.TCP, M_BUS, "none")
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


INBOUND = """
zone = "+05:00"
installed_days_ago = 1
[[line]]
copies = 3
front = "inbound"
protocol = "m-bus"
gateway = "imei"
identity = "490154203237518"
heartbeat = "55AA"
[[line.meter]]
model = "minol-minocal"
serial = "31425084"
address = 3
"""
CSD = """
zone = "+05:00"
installed_days_ago = 1
[network]
faults = "field"
[[pool]]
name = "main"
modems = 2
[[line]]
copies = 2
front = "csd"
protocol = "m-bus"
number = "+77015550009"
pool = "main"
[[line.meter]]
model = "minol-minocal"
serial = "31425084"
address = 3
"""


def test_copies_of_an_inbound_line_run_on() -> None:
    """490154203237518 is 3GPP 23.003's example; the digits before its check digit run on."""
    lines = read(INBOUND, DEMO).lines
    gateways = [line.gateway for line in lines if line.gateway]
    serials = [meter.serial for line in lines for meter in line.meters if isinstance(meter, MeterPlan)]
    assert [each.identity[:14] for each in gateways] == [
        "49015420323751",
        "49015420323752",
        "49015420323753",
    ]
    assert serials == ["31425084", "31425085", "31425086"]
    assert {(each.kind, each.heartbeat) for each in gateways} == {(GatewayKind.IMEI, b"\x55\xaa")}


def test_silent_gateways_have_a_port_or_an_address_of_their_own() -> None:
    silent = INBOUND.replace('"imei"', '"silent"')
    by_port = read(silent.replace("490154203237518", "port:11006"), DEMO).lines
    by_address = read(silent.replace("490154203237518", "address:127.0.0.10"), DEMO).lines
    assert [line.gateway.port for line in by_port if line.gateway] == [11006, 11007, 11008]
    assert [line.gateway.source for line in by_address if line.gateway] == [
        "127.0.0.10",
        "127.0.0.11",
        "127.0.0.12",
    ]


def test_copies_of_a_dialled_line_run_on() -> None:
    fleet = read(CSD, DEMO)
    assert [line.call.number for line in fleet.lines if line.call] == ["+77015550009", "+77015550010"]
    assert [(pool.name, pool.modems, pool.front) for pool in fleet.pools] == [("main", 2, PortKind.PTY)]
    assert fleet.network.faults == "field"


@pytest.mark.parametrize(
    ("text", "old", "new", "complaint"),
    [
        (INBOUND, 'gateway = "imei"', 'gateway = "mirz"', "gateway = 'mirz'.*irz-encapsulated"),
        (INBOUND, 'gateway = "imei"\n', "", "'gateway' is missing"),
        (INBOUND, "490154203237518", "490154203237519", "identity = '490154203237519' is none"),
        (INBOUND, "490154203237518", "LOGIN:1001", "is none of a gateway imei"),
        (INBOUND, 'gateway = "imei"', 'gateway = "iccid"', "is none of a gateway iccid"),
        (INBOUND, 'gateway = "imei"', 'gateway = "silent"', "is none of a gateway silent"),
        (INBOUND, '"55AA"', '"5"', "write bytes like 55AA"),
        (INBOUND, '"55AA"', f'"{"00" * 41}"', "length of heartbeat is 41"),
        (INBOUND, "copies = 3", "copies = 0", "copies is 0"),
        (INBOUND, "copies = 3", "copies = 3\nbeat = 0.0", "beat is 0.0"),
        (INBOUND, "copies = 3", "copies = 3\nsignal = 32", "signal is 32"),
        (INBOUND, "copies = 3", 'copies = 3\nhello = "HELLO"', "has no {identity}"),
        (INBOUND, "copies = 3", "copies = 3\nwedge = 'dumb'", "unknown key wedge"),
        (INBOUND, '"31425084"', '"99999999"', "copies: The number at the end of '99999999'"),
        (INBOUND, '"inbound"', '"tcp"', "unknown key gateway"),
        (CSD, '"+77015550009"', '"87015550009"', "write it like"),
        (CSD, 'pool = "main"', 'pool = "spare"', "no .*pool.* named spare"),
        (CSD, "modems = 2", "modems = 65", "modems is 65"),
        (CSD, "modems = 2", 'make = "nokia"', "make = 'nokia'"),
        (CSD, 'name = "main"', 'name = "Main pool"', "small letters"),
        (CSD, "modems = 2", '[[pool]]\nname = "main"', "the pool main appears twice"),
        (CSD, 'faults = "field"', 'faults = "stormy"', "faults = 'stormy'"),
    ],
)
def test_a_mistake_in_a_way_to_a_line_is_refused(text: str, old: str, new: str, complaint: str) -> None:
    assert old in text
    with pytest.raises(ProfileError, match=complaint):
        read(text.replace(old, new, 1), DEMO)


def test_no_two_lines_are_reached_in_the_same_way() -> None:
    twice = INBOUND + INBOUND[INBOUND.index("[[line]]") :]
    with pytest.raises(ProfileError, match=r"the gateway 490154203237518, .* appears twice"):
        read(twice, DEMO)


def test_a_wedge_is_read() -> None:
    wedged = GOOD.replace('front = "tcp"', 'front = "tcp"\nwedge = "dumb"\nwedge_after = 20')
    (line,) = read(wedged, DEMO).lines
    assert (line.wedge, line.wedge_after) == (Wedge.DUMB, 20)


def test_a_captured_meter_has_no_copies() -> None:
    with pytest.raises(ProfileError, match="captured meter"):
        read(replayed("m-bus").replace("[[line]]", "[[line]]\ncopies = 2"), DEMO)


def test_copies_do_not_get_past_the_limit_of_lines() -> None:
    several = GOOD.replace("[[line]]", "[[line]]\ncopies = 9000") + GOOD[GOOD.index("[[line]]") :].replace(
        "[[line]]", "[[line]]\ncopies = 9000"
    )
    with pytest.raises(ProfileError, match="number of lines is 10001"):
        read(several, DEMO)


def test_the_gsm_fleet_is_the_utility_of_issue_3() -> None:
    """Issue 3: 4 modems and 60 dialled meters, 300 modems that connect to us, 50 TCP gateways."""
    fleet = load(DEMO.parent / "gsm.toml")
    fronts = Counter(line.front for line in fleet.lines)
    assert fronts == {FrontKind.CSD: 60, FrontKind.INBOUND: 300, FrontKind.TCP: 50}
    assert [pool.modems for pool in fleet.pools] == [4]
    serials = [meter.serial for line in fleet.lines for meter in line.meters if isinstance(meter, MeterPlan)]
    assert len(set(serials)) == len(serials) == 410


def test_the_demo_has_its_size_and_mixture() -> None:
    fleet = load(DEMO)
    assert sum(len(line.meters) for line in fleet.lines) >= 36
    assert len(fleet.lines) >= 12
    assert {line.front for line in fleet.lines} == set(FrontKind)
    assert {line.protocol for line in fleet.lines} >= {M_BUS, *MODBUS}


CAPTURED = sorted((DEMO.parent / "captured").glob("*.toml"))


@pytest.mark.parametrize("captured", CAPTURED, ids=lambda path: path.stem)
def test_the_demo_replays_what_the_vectors_say(captured: Path) -> None:
    """What a captured meter says in the demo is what the codecs are tested by."""
    vector = ROOT / "tests" / "vectors" / "m-bus" / captured.name
    replayed, tested = (vectors.load(path.read_text(), path.name) for path in (captured, vector))
    exchanges = {each for conversation in tested.conversations for each in conversation.exchanges}
    for conversation in replayed.conversations:
        assert exchanges.issuperset(conversation.exchanges)
