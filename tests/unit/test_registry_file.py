"""The registry file is read strictly: each mistake is named before anything is stored."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from metering.components import Component, ComponentKind
from metering.errors import ConfigurationError
from storage.components import Components, StoredComponent
from storage.modem_rows import ModemKind
from storage.modems import Modems
from storage.plans import PlanOwner, Plans
from storage.pool import Database
from storage.usage_points import Registry
from teplo.registration import apply
from teplo.registry_file import load, read
from tests.support.registry import START

GOOD = """
zone = "Asia/Almaty"
[[site]]
code = "ABAI-10"
name = "Abai street 10"
[[site.usage_point]]
code = "ABAI-10-1"
name = "boiler room"
[[line]]
url = "tcp://10.0.0.5:4001"
[[line.meter]]
serial = "06855817"
model = "kamstrup-multical-601"
address = "1"
[[line.meter.measures]]
usage_point = "ABAI-10-1"
since = 2026-01-01T00:00:00+05:00
"""


def test_a_file_is_read_whole() -> None:
    registration = read(GOOD, "test.toml")
    (line,) = registration.lines
    (meter,) = line.meters
    (measured,) = meter.measures
    assert (line.url.endpoint, meter.zone, measured.circuit) == ("10.0.0.5:4001", "Asia/Almaty", 1)
    assert measured.since == datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=5)))


SECOND_LINE = '\n[[line]]\nurl = "modbus-tcp://10.0.0.5:4001"\n'


@pytest.mark.parametrize(
    ("right", "wrong", "word"),
    [
        ('model = "kamstrup-multical-601"', 'model = "kamstrup-multical-610"', "kamstrup-multical-601"),
        ('zone = "Asia/Almaty"', 'zone = "Asia/Alma"', "Asia/Alma"),
        ('zone = "Asia/Almaty"', "", "no zone"),
        ("+05:00", "", "since needs a zone"),
        ('usage_point = "ABAI-10-1"', 'usage_point = "ABAI-10-2"', "ABAI-10-2"),
        ('serial = "06855817"', 'serail = "06855817"', "serial"),
        ('name = "boiler room"', 'name = "boiler room"\nfactor_set = "rough"', "kyivenergo"),
        ("tcp://10.0.0.5:4001", "tcp://10.0.0.5", "port"),
        ("+05:00\n", "+05:00\n" + SECOND_LINE, "one endpoint"),
        ('address = "1"', 'address = "1"\nadress = "1"', "unknown key adress"),
    ],
)
def test_a_mistake_is_named(right: str, wrong: str, word: str) -> None:
    assert right in GOOD
    with pytest.raises(ConfigurationError, match=word):
        read(GOOD.replace(right, wrong), "test.toml")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.toml"):
        load(tmp_path / "none.toml")


async def register(database: Database, text: str) -> None:
    tables = (Registry(database), Modems(database), Plans(database), Components(database))
    await apply(read(text, "test.toml"), *tables, by="test", at=START)


async def test_registering_twice_is_registering_once(database: Database) -> None:
    registry = Registry(database)
    for _ in range(2):
        await register(database, GOOD)
    (meter,) = await registry.meters()
    (point,) = await registry.usage_points()
    (installation,) = await registry.installations(point.id)
    assert (installation.meter_id, point.code) == (meter.id, "ABAI-10-1")


MODEMS = GOOD.replace(
    '[[line]]\nurl = "tcp://10.0.0.5:4001"\n',
    """[[pool]]
name = "main"
collector = "cellar"
[[pool.modem]]
url = "serial:/dev/ttyUSB0?baud=115200"
pin = "1234"
allowance = "50 MB"
[[line]]
url = "csd:+77015550001?pool=main"
[line.modem]
site = "cellar of house 10"
allowance = "1 GB"
month_starts_on = 15
""",
)


def test_pools_and_modems_are_read() -> None:
    registration = read(MODEMS, "test.toml")
    (pool,), (line,) = registration.pools, registration.lines
    (modem,) = pool.modems
    assert (pool.name, pool.collector, modem.url.place, modem.pin) == (
        "main",
        "cellar",
        "/dev/ttyUSB0",
        "1234",
    )
    assert modem.sim.allowance == 50 * 1000 * 1000
    assert line.modem is not None
    assert (line.modem.site, line.modem.sim.allowance, line.modem.sim.month_starts_on) == (
        "cellar of house 10",
        1000**3,
        15,
    )


@pytest.mark.parametrize(
    ("right", "wrong", "word"),
    [
        ('collector = "cellar"\n', "", "reached by one collector only"),
        ('pin = "1234"', 'pin = "12"', "pin must be four to eight digits"),
        ('name = "main"', 'name = "Main pool"', "name must be small letters"),
        ("serial:/dev/ttyUSB0?baud=115200", "modbus-tcp://10.0.0.5:502", "reached by serial, tcp, rfc2217"),
        ('"50 MB"', '"50 megs"', "write it like 50 MB"),
        ("month_starts_on = 15", "month_starts_on = 29", "may be 1 to 28"),
        ('site = "cellar', 'sight = "cellar', "unknown key sight"),
        ('site = "cellar', 'site = "' + "x" * 201, "no text of at most 200"),
        ("?pool=main", "", "names no pool"),
    ],
)
def test_a_modem_that_is_described_wrongly_is_named(right: str, wrong: str, word: str) -> None:
    assert right in MODEMS
    with pytest.raises(ConfigurationError, match=re.escape(word)):
        read(MODEMS.replace(right, wrong), "test.toml")


async def test_pools_and_modems_are_registered(database: Database) -> None:
    for _ in range(2):
        await register(database, MODEMS)
    (pool,) = await Modems(database).pools()
    own, remote = await Modems(database).list()
    (line,) = await Registry(database).lines()
    assert (pool.name, pool.collector, pool.modems, line.queue) == ("main", "cellar", 1, "pool:main")
    assert (own.kind, own.allowance) == (ModemKind.OWN, 50_000_000)
    assert (remote.identity, remote.phone, remote.site) == (
        "+77015550001",
        "+77015550001",
        "cellar of house 10",
    )


async def test_a_call_through_an_unknown_pool_is_refused(database: Database) -> None:
    with pytest.raises(ConfigurationError, match="mane"):
        await register(database, MODEMS.replace("?pool=main", "?pool=mane"))


PLANNED = GOOD.replace(
    'name = "boiler room"\n',
    """name = "boiler room"
[site.usage_point.plan]
every = "360m"
hour.depth = 100
closing = { day = 23, deadline_day = 24 }
""",
).replace(
    'name = "Abai street 10"\n', 'name = "Abai street 10"\ndistrict = "Almaly"\nservice_centre = "North"\n'
)
PLAN = {"every": "6h", "hour.depth": 100, "closing.day": 23, "closing.deadline_day": 24}


async def test_a_plan_is_registered_once_and_left_alone_by_files_without_one(database: Database) -> None:
    for text in (PLANNED, PLANNED, GOOD):
        await register(database, text)
    (point,) = await Registry(database).usage_points()
    stands = await Plans(database).get(PlanOwner(point.id))
    assert stands is not None
    assert stands.settings == PLAN
    assert len(await Plans(database).journal(PlanOwner(point.id))) == 1


async def test_a_site_has_its_district_and_service_centre(database: Database) -> None:
    await register(database, PLANNED)
    (point,) = await Registry(database).usage_points()
    site = await Registry(database).site(point.site_id)
    assert site is not None
    assert (site.district, site.service_centre) == ("Almaly", "North")


@pytest.mark.parametrize(
    ("right", "wrong", "word"),
    [
        ('every = "360m"', 'evry = "360m"', "[plan]: A poll plan has no setting 'evry'"),
        ('every = "360m"', 'every = "soon"', "The setting every"),
        ("hour.depth = 100", "hour.deep = 100", "no setting 'hour.deep'"),
        ("hour.depth = 100", "hour.depth.x = 100", "The setting hour.depth"),
        ('district = "Almaly"', "district = 1", "district"),
    ],
)
def test_a_plan_that_cannot_be_is_named(right: str, wrong: str, word: str) -> None:
    assert right in PLANNED
    with pytest.raises(ConfigurationError, match=re.escape(word)):
        read(PLANNED.replace(right, wrong), "test.toml")


BILLED = (
    GOOD.replace(
        'name = "boiler room"',
        'name = "boiler room"\ncontract = "1204"\nclosing_day = 25\nclosing_hour = 0\ncalculated_load = 0.25',
    )
    .replace('name = "Abai street 10"', 'name = "Abai street 10"\nkind = "house"\nheated_area = 42.8')
    .replace(
        "[[line.meter.measures]]",
        '[[line.meter.component]]\nkind = "calculator"\ntype = "ВКТ-7"\nserial = "104512"\n'
        "since = 2026-01-01\nverification_due = 2029-12-01\n[[line.meter.measures]]",
    )
)


async def test_a_file_tells_what_billing_knows(database: Database) -> None:
    await register(database, BILLED)
    # A file that tells nothing of it leaves it as it is.
    await register(database, GOOD)
    registry = Registry(database)
    point = await registry.usage_point_of_code("ABAI-10-1")
    assert point is not None
    assert (point.contract, point.closing_day, point.calculated_load) == ("1204", 25, Decimal("0.25"))
    site = await registry.site(point.site_id)
    assert site is not None
    assert (site.kind, site.heated_area) == ("house", Decimal("42.8"))
    (meter,) = await registry.meters()
    calculator = Component(ComponentKind.CALCULATOR, "ВКТ-7", "104512", verification_due=date(2029, 12, 1))
    assert await Components(database).of_meter(meter.id) == [StoredComponent(calculator, date(2026, 1, 1))]


@pytest.mark.parametrize(
    ("right", "wrong", "word"),
    [
        ("closing_hour = 0", "", "closing_day and closing_hour"),
        ("closing_day = 25", "closing_day = 32", "1 to 31"),
        ("calculated_load = 0.25", "calculated_load = 0", "above 0"),
        ('contract = "1204"', "contract = 1204", "as text"),
        ('kind = "house"', 'kind = "castle"', "building, house"),
        ("since = 2026-01-01\n", "", "'since' is missing"),
        ('kind = "calculator"', 'kind = "modem"', "calculator, flow_supply"),
    ],
)
def test_what_billing_cannot_know_is_refused(right: str, wrong: str, word: str) -> None:
    assert right in BILLED
    with pytest.raises(ConfigurationError, match=re.escape(word)):
        read(BILLED.replace(right, wrong, 1), "test.toml")
