"""M-Bus records that came by radio, as values: the profiles of the wired meters read them as well."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from metering.errors import DecodeError
from metering.meters import MeterIdentity
from metering.readings import ArchiveRecord, Snapshot
from protocols.family import NO_CHOICES
from protocols.mbus import profile
from protocols.mbus.choices import chosen
from protocols.mbus.detection import best_match
from protocols.mbus.mapping import snapshot, stored_levels
from protocols.mbus.model import GENERIC, Profile
from protocols.mbus.telegram import Telegram

_NUMBERS: Final = ("fabrication_number", "identification")
_DIGITS: Final = 8


def values(
    telegram: Telegram, identity: MeterIdentity | None = None
) -> tuple[Snapshot, tuple[ArchiveRecord, ...]]:
    """Current values and stored levels; DecodeError when it holds no quantity of a heat meter.

    `identity` chooses the profile, by which makers' own records are read; the units are the telegram's.
    """
    model = _profile(identity)
    current = snapshot(model, (telegram,))
    if not current.values:
        raise DecodeError("The telegram holds no quantity of a heat meter; is it from another device?")
    return current, stored_levels(model, (telegram,))


def fabrication_number(telegram: Telegram) -> str | None:
    """The meter's number as its records tell it; None where they do not."""
    told = (one.value for one in telegram.records if one.quantity in _NUMBERS and one.storage == 0)
    return next((_written(number) for number in told if number is not None), None)


def _written(number: object) -> str:
    return f"{number:f}".zfill(_DIGITS) if isinstance(number, Decimal) else str(number)


def _profile(identity: MeterIdentity | None) -> Profile:
    """A model whose telegrams are read by their places has other ones by radio: the generic rows serve."""
    best = best_match(identity, profile.load_all()) if identity else None
    found = profile.load(best or GENERIC)
    return chosen(profile.load(GENERIC) if found.fields else found, NO_CHOICES)
