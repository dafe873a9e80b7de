"""`teplo` as a person and a program use it: a process of its own against simulated meters."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from metering.calendar import ArchiveKind, MeterZone, slot_start
from simulators import fleet_file
from simulators.fleet import FleetLine, RunningFleet, running_fleet
from teplo.composition import clock, random_source
from tests.support.commands import teplo
from tests.system.house import HEAD, line

KAMSTRUP = "kamstrup-multical-601 06855817 1"
VZLET = "vzlet-tsrv-024m 1100341 1"


@asynccontextmanager
async def fleet(*lines: str) -> AsyncIterator[RunningFleet]:
    plan = fleet_file.read(HEAD + "".join(lines), Path("test.toml"))
    async with running_fleet(plan, now=clock, random=random_source(1)) as running:
        yield running


def energy(line_: FleetLine, answer: dict) -> tuple[Decimal, Decimal, Decimal]:
    """What the command says, what the plant says, and how far they may be apart."""
    (snapshot,) = answer["snapshots"]
    (reading,) = [one for one in snapshot["readings"] if one["quantity"] == "energy_heating"]
    assert reading["unit"] == "Gcal"
    truths = line_.meters[0].truth_snapshot(datetime.fromisoformat(snapshot["meter_time"]))
    truth = truths["energy_heating", 1]
    return Decimal(reading["value"]), truth.value, truth.tolerance


@pytest.mark.parametrize("front", ["tcp", "pty", "rfc2217"])
@pytest.mark.parametrize(
    ("protocol", "meter"), [("m-bus", KAMSTRUP), ("modbus-rtu", VZLET)], ids=["m-bus", "modbus"]
)
async def test_a_poll_shows_gcal(front: str, protocol: str, meter: str) -> None:
    async with fleet(line(protocol, meter, front=front)) as running:
        (one,) = running.lines
        model = one.meters[0].model
        code, output, errors = await teplo(
            "poll", one.url, "--model", model, "--address", "1", "--zone", "Asia/Almaty", "--json"
        )
    assert (code, errors) == (0, "")
    said, true, tolerance = energy(one, json.loads(output))
    assert abs(said - true) <= tolerance


async def test_a_poll_reads_the_archive_that_is_asked_for() -> None:
    async with fleet(line("modbus-rtu", VZLET)) as running:
        (one,) = running.lines
        end = slot_start(ArchiveKind.HOUR, MeterZone("Asia/Almaty").to_meter_time(clock()))
        start = end.replace(hour=0) if end.hour else end
        code, output, _ = (
            await teplo(
                *("poll", one.url, "-m", "vzlet-tsrv-024m", "--zone", "Asia/Almaty", "--json"),
                *("--archive", "hour", "--from", start.isoformat(), "--to", end.isoformat()),
            )
            if start < end
            else (0, '{"archive": []}', "")
        )
        records = json.loads(output)["archive"]
    assert code == 0
    assert len(records) == end.hour


async def test_a_poll_for_a_person_speaks_their_language() -> None:
    async with fleet(line("m-bus", KAMSTRUP)) as running:
        url = running.lines[0].url
        code, output, _ = await teplo("poll", url, "-m", "kamstrup-multical-601", TEPLO_LANGUAGE="ru")
    assert code == 0
    assert "energy_heating" in output
    assert "Прочитано всё" in output


async def test_another_meter_is_refused_with_both_numbers() -> None:
    async with fleet(line("m-bus", KAMSTRUP)) as running:
        url = running.lines[0].url
        code, output, errors = await teplo("poll", url, "-m", "kamstrup-multical-601", "--serial", "11111111")
    assert code == 5
    assert "06855817" in errors
    assert "11111111" in errors
    assert "energy_heating" not in output


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("poll", "ftp://nowhere", "-m", "elf-04"), 2, "scheme"),
        (("poll", "tcp://127.0.0.1:1", "-m", "multical"), 2, "kamstrup"),
        (("poll", "tcp://127.0.0.1:1", "-m", "elf-04"), 3, "127.0.0.1"),
        (("poll", "serial:/dev/there-is-none", "-m", "elf-04"), 3, "/dev/there-is-none"),
        (("collector",), 2, "TEPLO_DATABASE_URL"),
        (("explain", "smoke-signals", "00"), 2, "m-bus"),
        (("simulate", "no-such-fleet.toml"), 2, "no-such-fleet"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
async def test_a_mistake_ends_in_its_code_and_a_next_step(
    arguments: tuple[str, ...], code: int, word: str
) -> None:
    found, _, errors = await teplo(*arguments)
    assert found == code
    assert word in errors
    assert "Traceback" not in errors


async def test_a_scan_finds_every_meter_of_the_bus_and_names_its_model() -> None:
    bus = line("m-bus", KAMSTRUP, "landis-gyr-uh50 70444600 2", "zenner-zelsius-c5 10857629 3")
    async with fleet(bus) as running:
        code, output, _ = await teplo("scan", running.lines[0].url + "&attempts=1", "--json")
    assert code == 0
    found = {one["serial"]: one["model"] for one in json.loads(output)}
    assert found == {
        "06855817": "kamstrup-multical-601",
        "70444600": "landis-gyr-uh50",
        "10857629": "zenner-zelsius-c5",
    }


EXAMPLE = "681F1F68080272785634122440010755000000031315310 0DA023B13018B60043718021816".replace(" ", "")


async def test_explain_answers_one_object_per_line() -> None:
    """The frame is the standard's own example, m-bus.md 10.2."""
    code, output, _ = await teplo(
        "explain", "m-bus", "--json", text=f"{EXAMPLE}\nnot hex\n{EXAMPLE[:-2]}00\n"
    )
    first, second, third = map(json.loads, output.splitlines())
    assert code == 0
    assert [record["value"] for record in first["records"]] == ["12.565", "0.113", "218370"]
    assert (second["ok"], second["error"]) == (False, "FrameError")
    assert (third["ok"], third["error"]) == (False, "FrameError")


async def test_explain_shows_a_person_every_byte() -> None:
    code, output, _ = await teplo("explain", "m-bus", EXAMPLE)
    assert code == 0
    assert "12.565 m3" in output


async def test_models_are_listed_for_programs() -> None:
    code, output, _ = await teplo("models", "--json")
    models = {one["model"]: one for one in json.loads(output)}
    assert code == 0
    assert {
        "kamstrup-multical-601",
        "diehl-sharky-775",
        "vzlet-tsrv-024m",
        "termotronic-tv7",
    } <= models.keys()
    assert all(one["manual"] for one in models.values())


async def test_check_names_what_is_wrong(database_url: str, empty_database_url: str) -> None:
    code, output, _ = await teplo("check", TEPLO_DATABASE_URL=database_url)
    assert code == 0, output
    code, output, _ = await teplo("check", TEPLO_DATABASE_URL=empty_database_url)
    assert code == 1
    assert "teplo migrate" in output
    code, output, _ = await teplo("check")
    assert code == 1
    assert "TEPLO_DATABASE_URL" in output


async def test_migrate_makes_the_schema_and_a_key_opens_it(empty_database_url: str) -> None:
    code, output, errors = await teplo("migrate", TEPLO_DATABASE_URL=empty_database_url)
    assert (code, errors) == (0, "")
    code, output, _ = await teplo(
        "key", "make", "billing", "--scope", "billing:read", TEPLO_DATABASE_URL=empty_database_url
    )
    assert code == 0
    assert len(output.strip()) > 40
