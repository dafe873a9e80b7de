"""Numbers that name a modem and its SIM, with right check digits."""

from __future__ import annotations

from typing import Final

_TYPE_ALLOCATION: Final = "35693803"
_ISSUER: Final = "897701"
_HOME_NETWORK: Final = "40101"


def imei(number: int) -> str:
    """15 digits, the last one by Luhn's rule (3GPP 23.003, 6.2.1)."""
    return _checked(f"{_TYPE_ALLOCATION}{number:06d}")


def iccid(number: int) -> str:
    """19 digits, the last one by Luhn's rule (ITU-T E.118)."""
    return _checked(f"{_ISSUER}{number:012d}")


def imsi(number: int) -> str:
    """15 digits: country, network, subscriber."""
    return f"{_HOME_NETWORK}{number:010d}"


def _checked(digits: str) -> str:
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    return f"{digits}{-sum(value // 10 + value % 10 for value in doubled) % 10}"
