"""Settings of both generations in words: units, settlement day and hour, schemes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from metering.calendar import ArchiveKind
from metering.errors import DecodeError
from protocols.vendor.logika_m4.symbols import HEAT, HEAT_UNITS, PRESSURE, PRESSURE_UNITS

UNITS: Final = "units"
"""The one code that selects the units of heat and pressure together."""
SETTLEMENT_DAY, SETTLEMENT_HOUR = "settlement_day", "settlement_hour"
CHECKSUM: Final = "checksum"
_CODES: Final = {HEAT: HEAT_UNITS, PRESSURE: PRESSURE_UNITS}


def in_words(written: Mapping[str, str]) -> dict[str, str]:
    """The settings as they are kept; DecodeError when a unit's code is none of the documents'."""
    settings = dict(written)
    if UNITS in settings:
        settings[HEAT] = settings[PRESSURE] = settings.pop(UNITS)
    return {name: _unit(name, text) if name in _CODES else _plain(text) for name, text in settings.items()}


def scheme_name(number: int) -> str:
    """The setting that holds the scheme of this heat input, or the only one."""
    return f"scheme_{number}"


def closes_with_the_calendar(kind: ArchiveKind, settings: Mapping[str, str]) -> bool:
    """Whether this archive's records cover whole calendar slots."""
    hour, day = settings.get(SETTLEMENT_HOUR, "0"), settings.get(SETTLEMENT_DAY, "1")
    by_day = hour in _MIDNIGHTS
    return {ArchiveKind.HOUR: True, ArchiveKind.MONTH: by_day and day == "1"}.get(kind, by_day)


_MIDNIGHTS: Final = frozenset({"", "0", "24"})


def _unit(name: str, code: str) -> str:
    units = _CODES[name]
    plain = _plain(code)
    if not plain.isdecimal() or int(plain) >= len(units):
        raise DecodeError(
            f"The meter's unit of {name} has the code {code!r}; known are 0 to {len(units) - 1}. Without the "
            "unit no value of it means anything: read the setting (ЕИ) from the meter's display."
        )
    return units[int(plain)]


def _plain(text: str) -> str:
    """A number without the zeros before it or behind its point; any other text as it is."""
    whole, _, places = text.partition(".")
    if whole.isdecimal() and not places.strip("0"):
        return str(int(whole))
    return text


def words_of(names: Iterable[str], texts: Iterable[str]) -> dict[str, str]:
    """Settings by name, from texts in the same order."""
    return in_words(dict(zip(names, texts, strict=True)))
