"""How units are written in each language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_CYRILLIC: Final[Mapping[str, str]] = {
    "Gcal": "Гкал",
    "t": "т",
    "m3": "м³",
    "t/h": "т/ч",
    "m3/h": "м³/ч",
    "MPa": "МПа",
    "h": "ч",
    "dBm": "дБм",
    "dB": "дБ",
    "mm": "мм",
    "l": "л",
}
_NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {"m3": "m³", "m3/h": "m³/h"},
    "ru": _CYRILLIC,
    "kk": {**_CYRILLIC, "t/h": "т/сағ", "m3/h": "м³/сағ", "h": "сағ"},
}


def unit_name(unit: str, language: str) -> str:
    """The unit as people of this language print it; one that they write alike stays as it is."""
    return _NAMES[language].get(unit, unit)
