"""What people name in a command, as it is registered; ConfigurationError where that names nothing."""

from __future__ import annotations

from metering.errors import ConfigurationError
from storage.pool import Database
from storage.registered import Meter, UsagePoint
from storage.usage_points import Registry


async def registered_point(database: Database, code: str) -> UsagePoint:
    """The usage point of this code."""
    found = await Registry(database).usage_point_of_code(code)
    if found is None:
        raise ConfigurationError(f"No usage point has the code {code!r}; compare the registry.")
    return found


async def registered_meter(
    database: Database, serial: str, model: str = "", *, option: str = "--model"
) -> Meter:
    """The one meter of this serial; `option` names the model where two makes have a meter of this number."""
    known = await Registry(database).meters_of_serial(serial)
    return _only([one for one in known if model in ("", one.model)], "registered", serial, option)


async def polled_meter(database: Database, serial: str, model: str = "") -> Meter:
    """The same among the meters that are polled."""
    known = await Registry(database).meters_of_serial(serial)
    found = [one for one in known if one.polled and model in ("", one.model)]
    return _only(found, "polled", serial, "--model")


def _only(found: list[Meter], kind: str, serial: str, option: str) -> Meter:
    if len(found) != 1:
        many = f"{len(found)} {kind} meters have" if found else f"No {kind} meter has"
        raise ConfigurationError(
            f"{many} the serial number {serial}; compare the registry, or name {option}."
        )
    return found[0]
