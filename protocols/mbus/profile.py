"""A model as a choice of M-Bus records: `profiles/<model>.toml`, checked by the linter's rules.

    maker = "Kamstrup"
    title = "MULTICAL 403"
    manual = "document, section"       # where the description comes from
    verification = "wire_log"          # what it was checked against (protocols.driver.Verification)
    polls_per_day = 96                 # what the battery allows
    telegrams = 20                     # optional: the most telegrams of one read-out
    notes = ["UNCONFIRMED: ..."]       # a note in doubt begins with that word
    [line]                             # optional: baud, parity, timeout, quiet
    [application_reset]                # optional: sub-codes that select the data: current, total
    [[detect]]                         # the header bytes by which a search knows the model
    manufacturer = "KAM"
    versions = [0x34]                  # absent: any
    media = [0x04, 0x0C]               # absent: any heat or cooling meter
    [[record]]                         # stands before the rows of generic-heat-meter.toml
    quantity = "energy_cooling"        # ours
    of = "energy"                      # the record's
    qualifiers = ["..."]               # optional, as are function, tariff, subunit, circuit
    [[stored]]                         # storage numbers that hold register levels of a past moment
    first = 1
    last = 1
    date = "recorded"                  # recorded | annual | month_start
    convention = "end_of_day"          # what the date means: end_of_day | start_of_day

Any other key is refused.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from metering.errors import ProfileError, UnknownModel
from protocols.declaration import Declaration, parse
from protocols.driver import LineDefaults, Verification
from protocols.mbus.linter import complaints
from protocols.mbus.model import (
    GENERIC,
    ApplicationReset,
    Convention,
    Detection,
    Profile,
    Row,
    Stored,
    StoredDate,
)
from protocols.mbus.reading import MOST_TELEGRAMS
from protocols.mbus.records import Function

SUFFIX: Final = ".toml"
_FOLDER: Final = files("protocols.mbus") / "profiles"


def names() -> tuple[str, ...]:
    """The models of the folder: its file names."""
    found = (file.name for file in _FOLDER.iterdir())
    return tuple(sorted(name.removesuffix(SUFFIX) for name in found if name.endswith(SUFFIX)))


@cache
def load_all() -> tuple[Profile, ...]:
    """Every model of the folder."""
    return tuple(load(name) for name in names())


@cache
def load(name: str) -> Profile:
    """The model of this name, with the generic rows behind its own; ProfileError when its file is wrong."""
    own = _checked(name)
    return own if name == GENERIC else own.over(_checked(GENERIC))


def read(text: str, name: str) -> Profile:
    """The model of this file text alone, not yet checked by the linter's rules."""
    root = parse(text, f"profile {name}")
    profile = Profile(
        name=name,
        maker=root.take("maker", str),
        title=root.take("title", str),
        manual=root.take("manual", str),
        verification=root.word("verification", Verification),
        polls_per_day=root.take("polls_per_day", int),
        telegrams=root.take_or("telegrams", MOST_TELEGRAMS),
        notes=root.listed("notes", str),
        line=_line(root.table("line")),
        application_reset=_application_reset(root.table("application_reset")),
        detections=tuple(_detection(table) for table in root.tables("detect")),
        rows=tuple(_row(table) for table in root.tables("record")),
        stored=tuple(_stored(table) for table in root.tables("stored")),
    )
    root.finish()
    return profile


def _checked(name: str) -> Profile:
    if name not in names():
        raise UnknownModel(f"There is no M-Bus profile {name!r}.")
    profile = read((_FOLDER / f"{name}{SUFFIX}").read_text(encoding="utf-8"), name)
    found = complaints(profile)
    if found:
        raise ProfileError(f"profile {name}: " + "; ".join(found))
    return profile


def _line(table: Declaration) -> LineDefaults:
    usual = LineDefaults()
    line = LineDefaults(
        table.take_or("baud", usual.baud),
        table.take_or("parity", usual.parity),
        table.take_or("timeout", usual.timeout),
        table.take_or("quiet", usual.quiet),
        table.take_or("stop", usual.stop),
    )
    table.finish()
    return line


def _application_reset(table: Declaration) -> ApplicationReset:
    sub_codes = (table.take(key, int) if key in table else None for key in ("current", "total"))
    reset = ApplicationReset(*sub_codes)
    table.finish()
    return reset


def _detection(table: Declaration) -> Detection:
    detection = Detection(
        table.take("manufacturer", str), table.listed("versions", int), table.listed("media", int)
    )
    table.finish()
    return detection


def _row(table: Declaration) -> Row:
    row = Row(
        table.take("quantity", str),
        table.take("of", str),
        table.listed("qualifiers", str),
        table.word("function", Function, Function.INSTANTANEOUS),
        table.take_or("tariff", 0),
        table.take_or("subunit", 0),
        table.take_or("circuit", 1),
    )
    table.finish()
    return row


def _stored(table: Declaration) -> Stored:
    stored = Stored(
        table.take("first", int),
        table.take("last", int),
        table.word("date", StoredDate, StoredDate.RECORDED),
        table.word("convention", Convention),
    )
    table.finish()
    return stored
