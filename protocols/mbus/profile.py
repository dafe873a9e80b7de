"""A model as a choice of M-Bus records: `profiles/<model>.toml`, checked by the linter's rules.

    maker = "Kamstrup"
    title = "MULTICAL 403"
    manual = "document, section"       # where the description comes from
    verification = "wire_log"          # what it was checked against (protocols.driver.Verification)
    polls_per_day = 96                 # what the battery allows
    telegrams = 20                     # optional: the most telegrams of one read-out
    notes = ["UNCONFIRMED: ..."]       # a note in doubt begins with that word
    totals_every = "month"             # optional: whether stored levels stand at starts of days or months
    clock_at = 19                      # optional: where a telegram without records has its clock (BCD)
    [line]                             # optional: baud, parity, timeout, quiet
    [requests]                         # optional: C fields: send, first; either: the other one may do, too
    [application_reset]                # optional: sub-codes that select the data: current, total
    [selection]                        # optional: records asked for behind the reset: current, total
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
    dated_by = 510                     # optional: the storage whose date counts (date = "every_year", too)
    [[log]]                            # an archive behind an application reset, read record by record
    kind = "day"                       # hour | day | month | total
    sub_code = 0x30
    selection = "C8 FF 7F 6D"          # optional: records asked for
    storage = 16                       # of the log's records
    depth = 62
    [conditions.status]                # bits of the status byte: condition as name:circuit:place:code
    4 = "sensor_fault:1"               # empty: the bit reports nothing
    [conditions.status_values]         # whole status bytes with a meaning of their own
    0x70 = "sensor_fault:1:volume_flow"
    [conditions.flags]                 # bits of the records read as `flags`
    [[choice]]                         # what the description leaves open: name, words, why
    name = "set_day"                   # this name replaces the convention of all stored dates
    words = ["end_of_day", "start_of_day"]
    [[bare_vif]]                       # a VIF sent without its VIFE: sent, means; optional: when
    [[field]]                          # a number of a telegram without records: quantity, type, unit, at
    telegram = 1                       # (from the frame's first byte); optional: scale, bits, circuit, when

A [[record]] may have `absent` (numbers by which none is meant) and `when` (name=word of a choice).
Any other key is refused.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from metering.calendar import ArchiveKind
from metering.errors import ProfileError, UnknownModel
from protocols.declaration import parse
from protocols.driver import Verification
from protocols.line_declaration import line_defaults
from protocols.mbus import declarations
from protocols.mbus.linter import complaints
from protocols.mbus.model import GENERIC, Profile
from protocols.mbus.reading import MOST_TELEGRAMS

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
        line=line_defaults(root.table("line")),
        detections=tuple(map(declarations.detection, root.tables("detect"))),
        rows=tuple(map(declarations.row, root.tables("record"))),
        stored=tuple(map(declarations.stored, root.tables("stored"))),
        habits=declarations.habits(root.table("requests")),
        questions=declarations.questions(root.table("application_reset"), root.table("selection")),
        logs=tuple(map(declarations.log, root.tables("log"))),
        conditions=declarations.conditions(root.table("conditions")),
        choices=tuple(map(declarations.choice, root.tables("choice"))),
        bare_vifs=tuple(map(declarations.bare_vif, root.tables("bare_vif"))),
        fields=tuple(map(declarations.field, root.tables("field"))),
        totals_every=root.word("totals_every", ArchiveKind, ArchiveKind.MONTH),
        clock_at=root.take("clock_at", int) if "clock_at" in root else None,
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
