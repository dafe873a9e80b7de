"""All models: the profile files of M-Bus and Modbus, and the makers' own protocols.

Adding a profile file is adding a model, adding a folder with a FAMILY to protocols/vendor is adding a
protocol: no other line changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from metering.errors import ConfigurationError, TeploError, UnknownModel
from metering.meters import MeterIdentity
from protocols import vendor
from protocols.driver import Driver, DriverInfo
from protocols.family import NO_CHOICES, Choices, Family
from protocols.mbus import profile as mbus
from protocols.mbus.detection import best_match
from protocols.mbus.family import FAMILY as MBUS
from protocols.modbus.family import FAMILY as MODBUS
from protocols.modbus.messages import Framing

_NEAR: Final = 0.4
"""How alike names must be to be offered instead of an unknown one: 0 any, 1 the same."""


@cache
def families() -> Mapping[str, Family]:
    """Every family by the name of its protocol."""
    found = [MBUS, MODBUS, *_vendor_families()]
    return {family.protocol: family for family in found}


def models() -> tuple[DriverInfo, ...]:
    """What every model says about itself, by name."""
    return tuple(driver(name).info for name in sorted(_by_model()))


def driver(model: str, *, framing: Framing = Framing.RTU, choices: Choices = NO_CHOICES) -> Driver:
    """The driver of this model; UnknownModel names the models that are spelled alike.

    `choices` are those of the line, `<protocol>.<name>`; other protocols' are passed over, and so is what
    only other models of this protocol understand. ConfigurationError when none of them has such a choice or
    such a word for it.
    """
    family = _by_model().get(model)
    if family is None:
        near = get_close_matches(model, _by_model(), cutoff=_NEAR)
        hint = f"did you mean {' or '.join(near)}?" if near else "`teplo models` lists the known ones."
        raise UnknownModel(f"There is no model {model!r}; {hint}")
    usual = family.build(model, framing, NO_CHOICES)
    meant = _own(choices, family.protocol) if choices else NO_CHOICES
    given = _for_model(meant, usual.info)
    return family.build(model, framing, given) if given else usual


def detect(identity: MeterIdentity) -> str | None:
    """The M-Bus model of a meter that says this of itself; None when it is no heat meter we know of."""
    return best_match(identity, mbus.load_all())


def guess(frame: bytes) -> tuple[Family, ...]:
    """The families that take these bytes for one whole frame of theirs, the most certain first."""
    takers = (family for family in families().values() if _takes(family, frame))
    return tuple(sorted(takers, key=lambda family: (family.typical(frame), family.certainty), reverse=True))


def _takes(family: Family, frame: bytes) -> bool:
    try:
        return bool(family.explain(frame))
    except TeploError:
        return False


@cache
def _by_model() -> Mapping[str, Family]:
    return {model: family for family in families().values() for model in family.models}


def _vendor_families() -> list[Family]:
    names = sorted(module.name for module in iter_modules(vendor.__path__) if module.ispkg)
    return [import_module(f"{vendor.__name__}.{name}").FAMILY for name in names]


def _own(choices: Choices, protocol: str) -> Choices:
    """The line's choices that are meant for this protocol, checked, without the protocol's name."""
    known = _choices_of(protocol)
    own = {}
    for written, word in choices.items():
        meant, _, name = written.partition(".")
        if meant not in families():
            raise ConfigurationError(
                f"The line setting {written}={word}: there is no protocol {meant!r}; "
                f"known are: {', '.join(families())}."
            )
        if meant != protocol:
            continue
        if word not in known.get(name, ()):
            raise ConfigurationError(_unknown(written, word, protocol, known))
        own[name] = word
    return own


def _for_model(choices: Choices, info: DriverInfo) -> Choices:
    """What of its protocol's choices this model leaves open; a word of other models alone is theirs."""
    words = {choice.name: choice.words for choice in info.choices}
    return {name: word for name, word in choices.items() if word in words.get(name, ())}


@cache
def _choices_of(protocol: str) -> Mapping[str, tuple[str, ...]]:
    """Every choice that a model of the protocol has, and the words that any of them has for it."""
    family = families()[protocol]
    found: dict[str, tuple[str, ...]] = {}
    for model in family.models:
        for choice in family.build(model, Framing.RTU, NO_CHOICES).info.choices:
            found[choice.name] = tuple(dict.fromkeys((*found.get(choice.name, ()), *choice.words)))
    return found


def _unknown(written: str, word: str, protocol: str, known: Mapping[str, tuple[str, ...]]) -> str:
    """What may be written instead: the words of this setting, or every setting when there is none such."""
    _, _, name = written.partition(".")
    if name in known:
        words = "|".join(known[name])
        return f"The line setting {written} has no word {word!r}. Possible: {written}={words}."
    possible = "; ".join(f"{protocol}.{each}={'|'.join(words)}" for each, words in known.items())
    told = f"Possible: {possible}." if known else f"{protocol} leaves nothing to choose."
    return f"The line setting {written}={word} is not known. {told}"
