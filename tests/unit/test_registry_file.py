"""The registry file is read strictly: each mistake is named before anything is stored."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from metering.errors import ConfigurationError
from storage.pool import Database
from storage.usage_points import Registry
from teplo.registration import apply
from teplo.registry_file import load, read

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


async def test_registering_twice_is_registering_once(database: Database) -> None:
    registry = Registry(database)
    for _ in range(2):
        await apply(read(GOOD, "test.toml"), registry)
    (meter,) = await registry.meters()
    (point,) = await registry.usage_points()
    (installation,) = await registry.installations(point.id)
    assert (installation.meter_id, point.code) == (meter.id, "ABAI-10-1")
