"""`teplo key`, `teplo reading` and `teplo rule` as an operator uses them: processes beside a database."""

from __future__ import annotations

from pathlib import Path

from storage.billing_rules import BillingRules
from storage.keys import ApiKeys
from storage.pool import Database
from tests.support.commands import teplo
from tests.support.registry import place

BY = ("--operator", "A. Serikova")


async def test_a_key_is_listed_and_revoked(database: Database) -> None:
    environment = {"TEPLO_DATABASE_URL": database.url, "COLUMNS": "200"}
    number, plain = await ApiKeys(database).create("alseco", ["billing:read"], districts=["Алмалы"])
    code, output, errors = await teplo("key", "list", **environment)
    assert code == 0, errors
    assert all(word in output for word in ("alseco", "billing:read", "Алмалы"))
    assert plain not in output
    assert (await teplo("key", "revoke", str(number), **environment))[0] == 0
    assert await ApiKeys(database).find(plain) is None
    code, _, errors = await teplo("key", "revoke", str(number), **environment)
    assert (code, "teplo key list" in errors) == (2, True)


async def test_readings_are_entered_taken_over_and_withdrawn(database: Database, tmp_path: Path) -> None:
    environment = {"TEPLO_DATABASE_URL": database.url, "COLUMNS": "200"}
    await place(database)
    entered = ("point-1", "2026-01-20T00:00", "12.5", "--source", "call_centre", *BY)
    code, _, errors = await teplo("reading", "enter", *entered, **environment)
    assert code == 0, errors
    table = tmp_path / "told.csv"
    table.write_text("usage_point,at,value,unit,source\npoint-1,2026-01-21T00:00:00Z,13,Gcal,paper\n")
    code, _, errors = await teplo("reading", "import", str(table), *BY, **environment)
    assert code == 0, errors
    withdrawn = ("1", "--because", "another school", *BY)
    code, _, errors = await teplo("reading", "withdraw", *withdrawn, **environment)
    assert code == 0, errors
    code, output, _ = await teplo("reading", "list", "point-1", **environment)
    assert (code, "12.5 Gcal" in output, "13 Gcal" in output) == (0, True, True)
    assert "2026-01-19 19:00" in output, "midnight of the point at +05:00"


async def test_a_rule_of_a_centre_lies_over_everybodys(database: Database) -> None:
    environment = {"TEPLO_DATABASE_URL": database.url, "COLUMNS": "200"}
    code, _, errors = await teplo("rule", "set", "acts_required=no", *BY, **environment)
    assert code == 0, errors
    of_centre = ("tolerance=12h", "--centre", "Орталық", *BY)
    code, output, errors = await teplo("rule", "set", *of_centre, **environment)
    assert code == 0, errors
    rows = {line.split()[0]: line.split()[1:] for line in output.splitlines() if len(line.split()) == 3}
    assert (rows["tolerance"], rows["acts_required"]) == (["12h", "Орталық"], ["no", "everybody"])
    stored = {one.service_centre: dict(one.settings) for one in await BillingRules(database).all()}
    assert stored == {"": {"acts_required": "no"}, "Орталық": {"tolerance": "12h"}}
    code, _, errors = await teplo("rule", "set", "patience=12h", *BY, **environment)
    assert (code, "patience" in errors) == (2, True)
