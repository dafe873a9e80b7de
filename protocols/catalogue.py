"""All models: the profile files of both folders. Adding a file is adding a model, no other line changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Final

from metering.errors import UnknownModel
from metering.meters import MeterIdentity
from protocols.driver import Driver, DriverInfo
from protocols.mbus import profile as mbus
from protocols.mbus.detection import best_match
from protocols.mbus.driver import MbusDriver
from protocols.modbus import profile as modbus
from protocols.modbus.driver import ModbusDriver
from protocols.modbus.messages import Framing

Build = Callable[[str, Framing], Driver]

_NEAR: Final = 0.4
"""How alike names must be to be offered instead of an unknown one: 0 any, 1 the same."""


def models() -> tuple[DriverInfo, ...]:
    """What every model says about itself, by name."""
    return tuple(driver(name).info for name in sorted(_builders()))


def driver(model: str, *, framing: Framing = Framing.RTU) -> Driver:
    """The driver of this model; UnknownModel names the models that are spelled alike."""
    builders = _builders()
    if model not in builders:
        near = get_close_matches(model, builders, cutoff=_NEAR)
        hint = f"did you mean {' or '.join(near)}?" if near else "`teplo models` lists the known ones."
        raise UnknownModel(f"There is no model {model!r}; {hint}")
    return builders[model](model, framing)


def detect(identity: MeterIdentity) -> str | None:
    """The M-Bus model of a meter that says this of itself; None when it is no heat meter we know of."""
    return best_match(identity, mbus.load_all())


@cache
def _builders() -> Mapping[str, Build]:
    return {
        **dict.fromkeys(mbus.names(), _mbus),
        **dict.fromkeys(modbus.names(), _modbus),
    }


def _mbus(model: str, framing: Framing) -> Driver:
    return MbusDriver(mbus.load(model))


def _modbus(model: str, framing: Framing) -> Driver:
    return ModbusDriver(modbus.load(model), framing)
