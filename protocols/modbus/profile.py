"""Reads `profiles/<maker>-<model>.toml`, strictly: the file name is the model's name.

What a profile may say is described in docs/reference/profiles.md; what it means stands in
register_map.py, places.py and archive_map.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from metering.calendar import ArchiveKind
from metering.errors import ProfileError, UnknownModel
from protocols.declaration import Declaration, parse
from protocols.driver import Verification
from protocols.line_declaration import line_defaults
from protocols.modbus import archive_sections, entries, record_sections, sections, variants
from protocols.modbus.archive_map import Addressing, ParameterList, RecordLayout
from protocols.modbus.known import Known, references
from protocols.modbus.linter import RULES
from protocols.modbus.places import LARGEST_BLOCK
from protocols.modbus.register_map import Profile

LARGEST_CIRCUIT: Final = 16

_FOLDER: Final = "profiles"
_NO_CHOICES: Final[Mapping[str, str]] = MappingProxyType({})


def names() -> tuple[str, ...]:
    """The models of this folder."""
    found = (entry.name for entry in files("protocols.modbus").joinpath(_FOLDER).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


def load(name: str, choices: Mapping[str, str] = _NO_CHOICES) -> Profile:
    """The profile of this model; UnknownModel when there is none, ProfileError when a rule is broken."""
    return _load(name, tuple(sorted(choices.items())))


@cache
def _load(name: str, choices: tuple[tuple[str, str], ...]) -> Profile:
    profile = read(_text(name), name, dict(choices))
    for rule in RULES:
        for complaint in rule(profile):
            raise ProfileError(f"profile {name}: {rule.__name__}: {complaint}.")
    return profile


def _text(name: str) -> str:
    if name not in names():
        raise UnknownModel(f"There is no Modbus profile {name!r}; known are {', '.join(names())}.")
    return files("protocols.modbus").joinpath(_FOLDER, f"{name}.toml").read_text("utf-8")


def _declared(text: str, name: str) -> Declaration:
    """What a file says, on top of the profile that it is `like`."""
    root = parse(text, f"profile {name}")
    if "like" not in root:
        return root
    base = parse(_text(root.take("like", str)), f"profile {name}")
    if "like" in base:
        raise ProfileError(f"profile {name}: a profile that is like another cannot serve as a model.")
    return root.laid_over(base)


def read(text: str, name: str, choices: Mapping[str, str] = _NO_CHOICES) -> Profile:
    """The profile in a file's text as a line chooses; ProfileError names the place that is wrong."""
    root, open_choices = variants.chosen(_declared(text, name), choices)
    profile = replace(_profile(root, name), choices=open_choices)
    root.finish()
    _check_selection(profile)
    _check_closing(profile)
    _check_records(profile)
    return profile


def _profile(root: Declaration, name: str) -> Profile:
    registers = root.table("registers")
    known = references(root, registers)
    records = _records(root, known)
    profile = Profile(
        name=name,
        maker=root.take("maker", str),
        title=root.take("title", str),
        manual=root.take("manual", str),
        verification=root.word("verification", Verification),
        notes=root.listed("notes", str),
        line=line_defaults(root.table("line")),
        largest=entries.within(registers, "largest", 1, LARGEST_BLOCK),
        gap=entries.within(registers, "gap", 0, LARGEST_BLOCK, 0),
        circuits=entries.within(root, "circuits", 1, LARGEST_CIRCUIT, 1),
        identity=sections.identity(root.table("identity"), known.layout),
        settings=tuple(sections.setting(table) for table in root.tables("setting")),
        clock=sections.clock(root.table("clock")),
        selection=archive_sections.selection(root.table("selection")) if "selection" in root else None,
        current=record_sections.current(root.table("current"), records, known),
        archives=archive_sections.archives(root.table("archive"), records),
        parameters=_parameters(root, known),
        loose=registers.take_or("loose", False),
        detection=sections.detection(root.table("detect")) if "detect" in root else None,
        totals_every=root.word("totals_every", ArchiveKind, ArchiveKind.DAY),
    )
    registers.finish()
    return profile


def _records(root: Declaration, known: Known) -> dict[str, RecordLayout]:
    tables = entries.named(root, "record")
    return {title: record_sections.record(table, title, known) for title, table in tables}


def _parameters(root: Declaration, known: Known) -> ParameterList | None:
    if "parameters" not in root:
        return None
    return record_sections.parameters(root.table("parameters"), known)


def _check_closing(profile: Profile) -> None:
    """What decides whether slots are the calendar's is one of the meter's settings."""
    settings = {setting.name for setting in profile.settings}
    for archive in profile.archives.values():
        for name in archive.closes_when.keys() - settings:
            raise ProfileError(f"profile {profile.name}, {archive.kind}: there is no setting {name!r}.")


def _check_selection(profile: Profile) -> None:
    """What is asked by a selection, or by an index, needs to know where."""
    for archive in profile.archives.values():
        if archive.addressing is Addressing.BY_INDEX and archive.position is None:
            raise ProfileError(f"profile {profile.name}, {archive.kind}: by_index needs a position.")
    selected = any(archive.addressing is Addressing.SELECTED for archive in profile.archives.values())
    if profile.selection is None and (selected or profile.current.selected is not None):
        raise ProfileError(f"profile {profile.name}: a selected record needs [selection].")


def _check_records(profile: Profile) -> None:
    """Every number, of every circuit, lies inside its record."""
    used = [archive.record for archive in profile.archives.values()]
    for record in [*used, profile.current.record] if profile.current.record else used:
        if record.stamp_at + record.stamp.size > record.size:
            raise ProfileError(f"profile {profile.name}, record {record.name}: the stamp lies outside.")
        for value in record.values:
            last = max(value.places(profile.circuits_of(value)[-1]))
            if last + value.size > record.size:
                raise ProfileError(
                    f"profile {profile.name}, record {record.name}: {value.quantity} lies outside."
                )
        for state in record.states:
            if state.place(profile.circuits_of(state)[-1]) + state.size > record.size:
                raise ProfileError(
                    f"profile {profile.name}, record {record.name}: {state.meanings.what} lies outside."
                )
