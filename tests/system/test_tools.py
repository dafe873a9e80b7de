"""The engineer's tools as commands: detect, trace, explain, models and clock, against simulated meters."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from protocols import catalogue
from protocols.vectors import load
from simulators.replay import ReplayMeter
from storage.pool import Database
from storage.usage_points import Registry
from tests.support.commands import ROOT, teplo
from tests.system.house import line
from tests.system.test_command_line import KAMSTRUP, fleet
from tests.unit.test_vector_files import check_result, run

ELF = "elf-04 18402110 3"
READ_HOLDING = "01 03 00 00 00 02 C4 0B"


async def test_detect_finds_a_meter_and_shows_how_far_it_is() -> None:
    async with fleet(line("m-bus", KAMSTRUP)) as running:
        url = running.lines[0].url
        code, output, errors = await teplo(
            "detect", url, "--protocol", "m-bus", "--protocol", "kmp", "--json"
        )
        shown, table, _ = await teplo("detect", url, "--protocol", "m-bus", TEPLO_LANGUAGE="ru")
    assert (code, shown) == (0, 0)
    (answer,) = json.loads(output)["answers"]
    assert answer["protocol"] == "m-bus"
    assert (answer["model"], answer["serial"]) == ("kamstrup-multical-601", "06855817")
    assert "100 %" in errors
    assert "06855817" in table
    assert "протокол" in table


async def test_detect_says_what_to_do_where_nobody_answers() -> None:
    async with fleet(line("m-bus", KAMSTRUP)) as running:
        url = running.lines[0].url
        code, output, _ = await teplo("detect", url, "--protocol", "kmp", "--address", "63")
    assert code == 0
    assert "Check power and wiring first" in output


async def test_detect_refuses_a_protocol_that_is_none() -> None:
    code, _, errors = await teplo("detect", "tcp://127.0.0.1:9", "--protocol", "telepathy")
    assert code == 2
    assert "known are: m-bus" in errors


@pytest.mark.parametrize(("protocol", "meter"), [("m-bus", KAMSTRUP), ("modbus-rtu", ELF)])
async def test_a_trace_replays_in_the_simulator_and_in_the_test(
    protocol: str, meter: str, tmp_path: Path
) -> None:
    model, serial, address = meter.split()
    file = tmp_path / "trace.toml"
    async with fleet(line(protocol, meter)) as running:
        url = running.lines[0].url
        asked = ("trace", url, str(file), "-m", model, "--address", address, "--records", "2", "--mask")
        code, output, errors = await teplo(*asked, "--zone", "Asia/Almaty")
        again, _, refused = await teplo(*asked)
    assert (code, errors) == (0, "")
    assert str(file) in output
    assert (again, "cannot be written" in refused) == (2, True), "a file that is there is kept"
    text = file.read_text("utf-8")
    assert serial not in text
    vector = load(text, file.name)
    assert vector.unverified
    for conversation in vector.conversations:
        check_result(run(vector, conversation).result, conversation.call, conversation.expect)
    assert ReplayMeter(vector).serial != serial
    await replayed(protocol, model, address, file, ReplayMeter(vector).serial)


async def replayed(protocol: str, model: str, address: str, file: Path, serial: str) -> None:
    """The traced meter answers as a meter of a fleet, under the serial number that it was given."""
    meter = f'[[line]]\nfront = "tcp"\nprotocol = "{protocol}"\n[[line.meter]]\nreplay = "{file}"\n'
    async with fleet(meter) as running:
        url = running.lines[0].url
        code, output, errors = await teplo("poll", url, "-m", model, "--address", address, "--json")
    assert (code, errors) == (0, "")
    assert json.loads(output)["serial"] == serial


async def test_a_trace_of_modbus_tcp_is_refused_with_the_reason(tmp_path: Path) -> None:
    code, _, errors = await teplo("trace", "modbus-tcp://127.0.0.1:9", str(tmp_path / "x"), "-m", "elf-04")
    assert code == 2
    assert "serial line" in errors


async def test_explain_speaks_every_protocol_and_guesses() -> None:
    code, output, _ = await teplo("explain", "--guess", READ_HOLDING, "--json")
    guessed = json.loads(output)
    assert code == 0
    assert "modbus" in guessed["protocols"]
    assert "".join(part["bytes"] for part in guessed["parts"]) == READ_HOLDING.replace(" ", "")
    code, _, errors = await teplo("explain", "telepathy", "00")
    assert code == 2
    assert all(protocol in errors for protocol in catalogue.families())
    code, _, errors = await teplo("explain", "--guess", "0102")
    assert code == 4
    assert "cut it to one frame" in errors


async def test_explain_takes_hex_as_logs_and_sources_write_it_and_goes_on_after_a_bad_line() -> None:
    written = "0x01, 0x03, 0x00, 0x00, 0x00, 0x02, 0xC4, 0x0B"
    code, output, _ = await teplo("explain", "modbus", "-", text=f"nothing\n{written}\n01:03:00:00\n")
    assert code == 0
    assert "nothing: This is not hex" in output
    assert "C4 0B" in output
    assert "01:03:00:00: " in output


async def test_models_tell_everything_about_one_and_the_page_is_the_documentation() -> None:
    code, output, _ = await teplo("models", "elf-04")
    (told,) = json.loads(output)
    assert (code, told["model"], told["protocol"]) == (0, "elf-04", "modbus")
    code, page, _ = await teplo("models", "--markdown")
    assert code == 0
    written = (ROOT / "docs" / "reference" / "models.md").read_text("utf-8")
    assert page == written, "write it anew: teplo models --markdown > docs/reference/models.md"
    assert all(f"### {info.model}\n" in page for info in catalogue.models())


def test_the_vectors_on_the_page_exist() -> None:
    """What a model is verified by is a vector: no model is without one."""
    models = {
        tomllib.loads(file.read_text("utf-8"))["model"]
        for file in (ROOT / "tests" / "vectors").glob("*/*.toml")
    }
    assert models >= {info.model for info in catalogue.models()}


async def test_a_clock_is_set_for_a_known_meter_of_a_model_that_can(database_url: str) -> None:
    async with Database(database_url) as database:
        registry = Registry(database)
        line_id = await registry.add_line("tcp://127.0.0.1:9", "127.0.0.1:9")
        await registry.add_meter("18402110", "elf-04", "1", line_id, "+05:00")
    settings = {"TEPLO_DATABASE_URL": database_url}
    code, _, errors = await teplo("clock", "set", "4711", "--operator", "A. S.", **settings)
    assert (code, "No polled meter has the serial number 4711" in errors) == (2, True)
    code, _, errors = await teplo("clock", "set", "18402110", "--operator", "A. S.", **settings)
    assert (code, "No document of the maker" in errors) == (2, True)
    code, output, _ = await teplo("clock", "journal", **settings)
    assert code == 0
    assert "asked at" in output
