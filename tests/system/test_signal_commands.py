"""`teplo signal` and `teplo modem` as an engineer uses them: processes of their own."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import UUID

from metering.surveys import Verdict
from simulators.gsm.cell import Cell
from simulators.gsm.makes import CINTERION, SIMCOM
from simulators.gsm.network import Network
from simulators.gsm.pool import running_modem, running_pool
from storage.modem_rows import ModemKind
from storage.modems import Modems
from storage.pool import Database
from storage.quarantine import Quarantine, Stranger
from storage.surveys import Surveys, SurveyState
from storage.usage_points import Registry
from teplo.composition import clock
from teplo.survey_report import TakenSurvey
from tests.support.commands import teplo
from tests.support.modems import NUMBER, called_line

STRONG = Cell(7, mean=-65.0, fading=1.0, coherence=0.01)
WEAK = Cell(7, mean=-103.0, fading=1.0, coherence=0.01)
QUICKLY = ("--samples", "8", "--every", "0.1")


async def test_a_survey_on_a_laptop_says_that_a_modem_may_be_installed() -> None:
    async with running_modem(STRONG) as modem:
        code, output, errors = await teplo(
            "signal", "survey", modem.url, *QUICKLY, "--site", "Abai 10, cellar", "--engineer", "A. Serikov"
        )
    assert code == 0, errors
    assert "Adequate: a modem may be installed here." in output
    for shown in (
        "Abai 10, cellar",
        "A. Serikov",
        STRONG.operator,
        "dBm",
        "CESQ ",
        "The rule:",
        "lower decile",
    ):
        assert shown in output
    assert output.count(" dBm  ") == 8, "a level beside each of the modem's own words"


async def test_a_survey_of_a_weak_place_ends_with_another_code_and_speaks_russian() -> None:
    async with running_modem(WEAK, make=CINTERION) as modem:
        code, output, _ = await teplo("signal", "survey", modem.url, *QUICKLY, TEPLO_LANGUAGE="ru")
    assert code == 1
    assert "Недостаточен" in output


async def test_the_utilitys_own_rule_decides() -> None:
    lenient = {"TEPLO_SURVEY_ADEQUATE": "-110", "TEPLO_SURVEY_MARGINAL": "-112"}
    async with running_modem(WEAK) as modem:
        code, output, _ = await teplo("signal", "survey", modem.url, *QUICKLY, "--json", **lenient)
    survey = json.loads(output)
    assert (code, survey["findings"]["verdict"]) == (0, "adequate")
    assert survey["findings"]["rule"]["adequate"] == "-110"


async def test_a_survey_without_a_database_is_kept_in_a_file_and_stored_later(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "abai-10.json"
    async with running_modem(STRONG) as modem:
        await teplo("signal", "survey", modem.url, *QUICKLY, "--site", "Abai 10", "--save", str(file))
    code, output, errors = await teplo("signal", "keep", str(file), TEPLO_DATABASE_URL=database_url)
    assert (code, errors) == (0, "")
    stored = await Surveys(database).get(UUID(output.split()[-1]))
    assert stored is not None
    assert stored.findings is not None
    assert (stored.state, stored.request.site) == (SurveyState.DONE, "Abai 10")
    assert stored.findings.verdict is Verdict.ADEQUATE
    assert len(await Surveys(database).samples(stored.id)) == 8


async def test_a_survey_beside_a_database_is_stored_at_once(database: Database, database_url: str) -> None:
    async with running_modem(STRONG) as modem:
        await teplo("signal", "survey", modem.url, *QUICKLY, TEPLO_DATABASE_URL=database_url)
    (stored,) = await Surveys(database).list()
    assert (stored.state, stored.request.operator) == (SurveyState.DONE, STRONG.operator)


async def test_a_survey_is_shown_and_kept_although_the_database_is_away(tmp_path: Path) -> None:
    away = {"TEPLO_DATABASE_URL": "postgresql://teplo@127.0.0.1:1/teplo"}
    file = tmp_path / "abai-10.json"
    async with running_modem(STRONG) as modem:
        code, output, errors = await teplo(
            "signal", "survey", modem.url, *QUICKLY, "--save", str(file), **away
        )
    assert code == 7
    assert "Adequate: a modem may be installed here." in output
    assert f"teplo signal keep {file}" in errors
    assert len(TakenSurvey.from_json(file.read_text()).samples) == 8


async def test_what_is_no_survey_is_refused(tmp_path: Path, database_url: str) -> None:
    file = tmp_path / "other.json"
    file.write_text('{"verdict": "adequate"}')
    code, _, errors = await teplo("signal", "keep", str(file), TEPLO_DATABASE_URL=database_url)
    assert code == 2
    assert "no survey that `teplo signal survey` wrote" in errors


async def test_a_modem_that_is_not_there_is_named() -> None:
    code, _, errors = await teplo("signal", "survey", "serial:/dev/no-such-modem", *QUICKLY)
    assert code == 3
    assert "no such device" in errors


async def test_a_modem_without_a_sim_card_is_named() -> None:
    async with running_pool(Network(Random(1)), 1, make=SIMCOM, cell=STRONG) as (modem,):
        modem.sim.inserted = False
        code, _, errors = await teplo("signal", "survey", modem.url, *QUICKLY)
    assert code == 3
    assert "SIM" in errors


async def test_a_line_that_nobody_registered_cannot_be_surveyed(database_url: str) -> None:
    code, _, errors = await teplo(
        "signal", "survey", "inbound:356938035643809", TEPLO_DATABASE_URL=database_url
    )
    assert code == 2
    assert "teplo register" in errors


async def test_a_line_that_is_called_is_not_surveyed(database: Database, database_url: str) -> None:
    await called_line(database)
    code, _, errors = await teplo(
        "signal", "survey", f"csd:{NUMBER}?pool=main", TEPLO_DATABASE_URL=database_url
    )
    assert code == 2
    assert "nothing of the far end" in errors


async def test_a_stranger_is_registered_with_one_command(database: Database, database_url: str) -> None:
    url = {"TEPLO_DATABASE_URL": database_url}
    now = clock()
    identity = "356938035643809"
    seen = Stranger(
        identity, "imei", "10.1.2.3", now - timedelta(hours=2), now, 12, b"356938035643809", "", "main"
    )
    await Quarantine(database).seen([seen])
    _, listed, _ = await teplo("modem", "strangers", **url)
    assert f"{identity}: seen 12 times since" in listed
    assert "10.1.2.3" in listed
    code, output, errors = await teplo(
        *("modem", "register", identity, "--meter", "kamstrup-multical-601 06855817 1"),
        *("--site", "Abai 10", "--allowance", "50 MB", "--options", "silence=90"),
        **url,
    )
    assert (code, errors) == (0, ""), output
    (line,) = await Registry(database).lines()
    (meter,) = await Registry(database).meters()
    (modem,) = await Modems(database).list(kind=ModemKind.REMOTE)
    assert line.url == f"inbound:{identity}?silence=90"
    assert (meter.serial, meter.line_id) == ("06855817", line.id)
    assert (modem.identity, modem.site, modem.allowance) == (identity, "Abai 10", 50_000_000)
    assert await Quarantine(database).list() == []
    _, shown, _ = await teplo("modem", "list", "Abai", **url)
    assert identity in shown
    assert "away" in shown
    _, none, _ = await teplo("modem", "strangers", **url)
    assert "Nobody unknown" in none


async def test_a_modem_is_not_registered_with_a_meter_that_nobody_knows(
    database: Database, database_url: str
) -> None:
    wrong = (
        ("no-such-model 1 1", "no-such-model"),
        ("one two", "blanks between them"),
        ("kamstrup-multical-601 06855817 999", "999"),
    )
    for meter, word in wrong:
        code, _, errors = await teplo(
            "modem", "register", "356938035643809", "--meter", meter, TEPLO_DATABASE_URL=database_url
        )
        assert code == 2
        assert word in errors
    assert await Registry(database).lines() == [], "nothing is half-registered"


async def test_check_looks_at_pools_and_at_modems_that_should_be_connected(
    database: Database, database_url: str
) -> None:
    registry, modems = Registry(database), Modems(database)
    await modems.add_pool("main")
    modem = await modems.add_own("main", "tcp://127.0.0.1:1")
    await registry.add_line("csd:+77015550001?pool=main", "+77015550001", pool="main")
    _, well, _ = await teplo("check", TEPLO_DATABASE_URL=database_url)
    assert "wrong" not in well
    await registry.add_line("inbound:356938035643809", "356938035643809")
    await modems.add_pool("empty")
    now = clock()
    await modems.lease("main", "north", now, now + timedelta(minutes=1))
    rest = now + timedelta(hours=1)
    await modems.release(modem, "north", rest_until=rest, failures=1, fault="sim_missing")
    code, output, _ = await teplo("check", "--json", TEPLO_DATABASE_URL=database_url)
    problems = {one["subject"]: one["problem"] for one in json.loads(output) if one["problem"]}
    assert code == 1
    assert len(problems) == 3
    assert "sim_missing" in problems["pool main, 1 modems"]
    assert "register one" in problems["pool empty, 0 modems"]
    assert "last heard: never" in problems["line 2, inbound:356938035643809"]
