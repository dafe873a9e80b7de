"""`teplo registry` and `teplo replace` as an engineer uses them: processes of their own beside a database."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from metering.components import Component, ComponentKind
from storage.components import Components, StoredComponent
from storage.journal import Journal
from storage.pool import Database
from storage.usage_points import Registry
from tests.support.commands import teplo
from tests.support.modems import inbound_line
from tests.support.registry import place


async def test_the_registry_goes_out_and_comes_back(database: Database, tmp_path: Path) -> None:
    """Workbook and folder of CSV files alike: what was written changes nothing when it is read again."""
    environment = {"TEPLO_DATABASE_URL": database.url}
    spot = await place(database)
    await inbound_line(database)
    await Registry(database).add_site(
        *("site-1", "Школа № 5"), district="Алмалы", service_centre="Орталық", heated_area=Decimal("1844.70")
    )
    calculator = Component(ComponentKind.CALCULATOR, "ВКТ-7", "0012", verified_on=date(2025, 12, 1))
    await Components(database).put(spot.meter, StoredComponent(calculator, date(2026, 1, 1)))
    before = await Journal(database).changes()
    for path in (tmp_path / "registry.xlsx", tmp_path / "sheets"):
        code, _, errors = await teplo("registry", "export", str(path), **environment)
        assert code == 0, errors
        code, _, errors = await teplo("registry", "import", str(path), "--by", "A. Serikova", **environment)
        assert code == 0, errors
    assert await Journal(database).changes() == before

    points = tmp_path / "sheets" / "usage_points.csv"
    text = points.read_text(encoding="utf-8-sig")
    points.write_text(text.replace("Отопление", "Подвал"), encoding="utf-8")
    code, output, _ = await teplo("registry", "import", str(points), "--dry-run", **environment)
    assert (code, "nothing was stored" in output) == (0, True)
    assert await Journal(database).changes() == before
    assert (await teplo("registry", "import", str(points), "--by", "A. Serikova", **environment))[0] == 0
    change = (await Journal(database).changes(limit=1))[0]
    assert (change.changed_by, (change.after or {})["name"]) == ("A. Serikova", "Подвал")

    points.write_text(text.replace("+05:00", "+25:00").replace("exact", "inexact"), encoding="utf-8")
    code, output, _ = await teplo("registry", "import", str(points), **environment)
    assert (code, "zone" in output, "factor_set" in output, "2 faults" in output) == (2, True, True, True)


async def test_a_meter_is_replaced(database: Database) -> None:
    spot = await place(database)
    registers = ("--closing", "energy_heating=120.5Gcal", "--opening", "energy_heating=1MWh:1")
    options = ("--at", "2026-01-16T12:00+05:00", "--by", "A. Serikova", "--note", "act 17", *registers)
    command = ("replace", "00000001", "99000001", *options)
    code, output, errors = await teplo(*command, TEPLO_DATABASE_URL=database.url)
    assert code == 0, errors
    assert "0.859845227859" in output.replace("\n", "")
    meters = await Registry(database).meters()
    assert [(one.serial, one.polled) for one in meters] == [("00000001", False), ("99000001", True)]
    assert len(await Registry(database).installations(spot.usage_point)) == 2
    code, _, errors = await teplo(*command, TEPLO_DATABASE_URL=database.url)
    assert (code, "not installed anywhere" in errors) == (7, True)
