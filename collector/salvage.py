"""Mends a spool whose file is damaged: whatever can be read moves into a new file, the old one stays beside.

The tables of every spool are made by the same statements, so that the first page of a new one, which says
where its tables begin, is right for a damaged one as well; its rows are then read one by one.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, Final

import structlog

from collector.disk import SIDES, Lasting, opened, translated

log = structlog.get_logger()

SCHEMA: Final = (
    """
    create table if not exists entry (
        seq integer primary key autoincrement,
        kind text not null,
        at text not null,
        payload blob not null,
        checksum blob not null
    )
    """,
    """
    create table if not exists damaged (
        seq integer primary key,
        kind text not null,
        at text not null,
        payload blob not null,
        reason text not null
    )
    """,
)

FARTHEST: Final = 20_000
"""So many numbers after an unreadable entry are tried for the next readable one."""
_PAGE: Final = 4096
_PAGES_AT: Final = slice(28, 32)
"""Where the first page says how many there are; SQLite's file format, 1.3.7."""
_TABLES: Final = {
    "entry": "insert into entry (seq, kind, at, payload, checksum) values (?, ?, ?, ?, ?)",
    "damaged": "insert into damaged (seq, kind, at, payload, reason) values (?, ?, ?, ?, ?)",
}


def salvage(path: Path) -> None:
    """A good file stands at this path afterwards."""
    kept = _free_name(path)
    _rename(path, kept)
    opened(path, SCHEMA, Lasting.POWER_CUT).close()
    copy = kept.with_name(f"{kept.name}-copy")
    with translated(path):
        _copy_with_first_page(kept, copy, path.read_bytes()[:_PAGE])
        saved = _move_rows(copy, path)
        for side in SIDES:
            copy.with_name(copy.name + side).unlink(missing_ok=True)
    log.error("spool was damaged", spool=str(path), entries_saved=saved, kept_as=str(kept))


def _free_name(path: Path) -> Path:
    names = (path.with_name(f"{path.name}.damaged-{number}") for number in count(1))
    return next(name for name in names if not name.exists())


def _rename(path: Path, name: Path) -> None:
    with translated(path):
        for side in SIDES:
            beside = path.with_name(path.name + side)
            if beside.exists():
                beside.rename(name.with_name(name.name + side))


def _copy_with_first_page(damaged: Path, copy: Path, first_page: bytes) -> None:
    for side in ("", "-wal"):
        if (beside := damaged.with_name(damaged.name + side)).exists():
            shutil.copyfile(beside, copy.with_name(copy.name + side))
    page = bytearray(first_page)
    page[_PAGES_AT] = max(1, copy.stat().st_size // _PAGE).to_bytes(4, "big")
    with copy.open("r+b") as file:
        file.write(page)


def _move_rows(damaged: Path, path: Path) -> int:
    """How many entries were saved."""
    source, target = sqlite3.connect(damaged), sqlite3.connect(path)
    try:
        # Rows are read by their own pages alone; what the rest of the file says of itself may be wrong.
        source.execute("pragma writable_schema = on")
        source.text_factory = lambda text: text.decode("utf-8", "replace")
        with target:
            for table, insert in _TABLES.items():
                target.executemany(insert, _readable(source, table))
            (saved,) = target.execute("select count(*) from entry").fetchone()
        return int(saved)
    finally:
        source.close()
        target.close()


def _readable(source: sqlite3.Connection, table: str) -> Iterator[tuple[Any, ...]]:
    last = 0
    while True:
        try:
            for row in source.execute(f"select * from {table} where seq > ? order by seq", (last,)):
                last = row[0]
                yield row
            return
        except sqlite3.Error:
            following = _next_readable(source, table, last + 1)
            if following is None:
                return
            last = following[0]
            yield following


def _next_readable(source: sqlite3.Connection, table: str, first: int) -> tuple[Any, ...] | None:
    for seq in range(first, first + FARTHEST):
        try:
            row: tuple[Any, ...] | None
            row = source.execute(f"select * from {table} where seq = ?", (seq,)).fetchone()
        except sqlite3.Error:
            continue
        if row is not None and row[0] == seq:
            return row
    return None
