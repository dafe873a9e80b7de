"""Records whose contents the meter lists itself: which number stands where is read from the meter first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from metering.errors import DecodeError
from protocols.modbus.archive_map import ParameterList, RecordLayout
from protocols.modbus.places import Value
from protocols.modbus.register_map import Profile
from protocols.modbus.states import StateWord

SETTING: Final = "parameters"
"""The setting that keeps the list: codes as hexadecimal digits, in the order of the record."""


def listed(parameters: ParameterList, data: bytes) -> str:
    """The list in an answer, as the setting keeps it; DecodeError when nothing ends it."""
    codes, end, _ = data[parameters.skip :].partition(bytes([parameters.end]))
    if not end:
        raise DecodeError(f"The meter's list of parameters {data.hex(' ')} has no end; check the model.")
    return codes.hex(" ").upper()


def values_of(profile: Profile, record: RecordLayout, settings: Mapping[str, str]) -> tuple[Value, ...]:
    """The numbers of a record: those that the profile places, and those that the meter lists."""
    if profile.parameters is None or record.listed_at is None:
        return record.values
    known = profile.parameters.values
    places = _places(profile.parameters, record.listed_at, settings)
    return (*record.values, *(replace(known[code], at=at) for code, at in places if code in known))


def states_of(profile: Profile, record: RecordLayout, settings: Mapping[str, str]) -> tuple[StateWord, ...]:
    """The status words of a record, as values_of."""
    if profile.parameters is None or record.listed_at is None:
        return record.states
    known = profile.parameters.states
    places = _places(profile.parameters, record.listed_at, settings)
    return (*record.states, *(replace(known[code], at=at) for code, at in places if code in known))


def _places(parameters: ParameterList, first: int, settings: Mapping[str, str]) -> list[tuple[int, int]]:
    """Each code with its place; a code that is listed twice counts where it stands first."""
    if SETTING not in settings:
        raise DecodeError("What a record holds is in the meter's own list; read its configuration first.")
    places: dict[int, int] = {}
    for position, code in enumerate(_codes(settings[SETTING])):
        places.setdefault(code, first + position * parameters.size)
    return list(places.items())


def _codes(written: str) -> bytes:
    try:
        return bytes.fromhex(written)
    except ValueError as error:
        raise DecodeError(f"The list of parameters {written[:60]!r} is not hexadecimal.") from error
