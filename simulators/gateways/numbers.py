"""Running numbers for many alike devices: IMEIs and ICCIDs keep their check digit, texts their width."""

from __future__ import annotations

import re
from typing import Final

from metering.errors import ConfigurationError

_CHECKED: Final = re.compile(r"\d{15}|89\d{17}")
_ENDING: Final = re.compile(r"\d{1,18}$")


def check_digit(digits: str) -> str:
    """The Luhn digit that belongs behind these (3GPP 23.003, annex B; ITU-T E.118)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled // 10 + doubled % 10
    return str(-total % 10)


def is_checked(digits: str) -> bool:
    """Whether this is an IMEI or an ICCID of 19 digits with its right check digit."""
    return _CHECKED.fullmatch(digits) is not None and check_digit(digits[:-1]) == digits[-1]


def running(text: str, step: int) -> str:
    """The text with its number so many steps on; ConfigurationError where it has none, or it overflows."""
    if step == 0:
        return text
    if is_checked(text):
        body = running(text[:-1], step)
        return body + check_digit(body)
    ending = _ENDING.search(text)
    if ending is None:
        raise ConfigurationError(f"{text!r} does not end in a number, so copies of it cannot run on.")
    number = str(int(ending[0]) + step).zfill(len(ending[0]))
    if len(number) > len(ending[0]):
        raise ConfigurationError(f"The number at the end of {text!r} is too short for {step} more copies.")
    return text[: ending.start()] + number
