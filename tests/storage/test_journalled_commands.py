"""Whoever changes the registry by a command stands in its journal, not the role of the database."""

from __future__ import annotations

import asyncio

import pytest
from typer.testing import CliRunner

from storage.journal import Journal
from storage.pool import Database
from teplo.__main__ import app
from tests.support.registry import place

WHO = "A. Serikova"
USER = "o.bekov"
COMING = ("00000001", "99", "--closing", "energy_heating=1Gcal", "--opening", "energy_heating=0Gcal")

LAW = ("--from", "+05:00", "--to", "+06:00", "--since", "2026-03-01T00:00+05:00", "--by", "Decree 17")

COMMANDS = {
    "zone change": (("zone", "change", *LAW), "meter_zone", USER),
    "key make": (("key", "make", "billing", "--scope", "billing:read"), "api_key", USER),
    "modem register": (("modem", "register", "356938035643809", "--site", "cellar"), "modem", USER),
    "rule set": (("rule", "set", "tolerance=12h", "--operator", f" {WHO} "), "billing_rule", WHO),
    "replace": (("replace", *COMING, "--by", WHO), "meter", WHO),
    "replace, by nobody": (("replace", *COMING), "meter", USER),
}


@pytest.mark.parametrize(("typed", "subject", "who"), COMMANDS.values(), ids=COMMANDS)
async def test_the_journal_names_who_typed_a_command(
    database: Database, typed: tuple[str, ...], subject: str, who: str
) -> None:
    await place(database)
    newest = (await Journal(database).changes(limit=1))[0].id
    environment = {"TEPLO_DATABASE_URL": database.url, "LOGNAME": USER}
    result = await asyncio.to_thread(CliRunner().invoke, app, typed, env=environment)
    assert result.exit_code == 0, result.output + repr(result.exception)
    made = [one for one in await Journal(database).changes(subject) if one.id > newest]
    assert {one.changed_by for one in made} == {who}
