"""Which questions find out what hangs on an unknown line, in the order in which they are put. Pure.

Serial settings are changed as seldom as possible, the most usual ones of every family first; within one
setting every family asks at its usual addresses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from protocols.conversation import Conversation
from protocols.driver import LineDefaults
from protocols.family import Family, Found, Search


class Setting(NamedTuple):
    """How the characters travel."""

    baud: int
    parity: str

    def __str__(self) -> str:
        return f"{self.baud} 8{self.parity}"


@dataclass(frozen=True, slots=True)
class Trial:
    """One short question of one family at one address; `setting` None: the line's own, whatever it is."""

    family: Family
    search: Search
    line: LineDefaults
    address: str
    setting: Setting | None

    def ask(self) -> Conversation[Found]:
        """The question, fresh."""
        return self.search.ask(self.address)


def trials(
    families: Iterable[Family], *, retunes: bool, addresses: tuple[str, ...] = ()
) -> tuple[Trial, ...]:
    """Every question worth putting. `retunes`: the line's baud rate and parity can be changed by us.

    `addresses` are asked instead of the families' usual ones.
    """
    found = [each for family in families for each in _of_family(family, addresses)]
    if not retunes:
        return tuple(_without_setting(found))
    ranks = _ranks(found)
    return tuple(sorted(found, key=lambda trial: ranks[trial.setting]))


def _of_family(family: Family, addresses: tuple[str, ...]) -> Iterator[Trial]:
    for search in family.search:
        for line in search.lines:
            for address in addresses or search.addresses:
                yield Trial(family, search, line, address, Setting(line.baud, line.parity))


def _ranks(found: Iterable[Trial]) -> dict[Setting | None, tuple[int, str]]:
    """By setting, its best place among the settings of any family; ties are put in order by their text."""
    ranks: dict[Setting | None, tuple[int, str]] = {}
    for trial in found:
        rank = trial.search.lines.index(trial.line), str(trial.setting)
        ranks[trial.setting] = min(rank, ranks.get(trial.setting, rank))
    return ranks


def _without_setting(found: Iterable[Trial]) -> Iterator[Trial]:
    """One trial for each question: a gateway that passes bytes on has its own settings."""
    asked = set[tuple[int, str]]()
    for trial in found:
        question = (id(trial.search), trial.address)
        if question not in asked:
            asked.add(question)
            yield Trial(trial.family, trial.search, trial.line, trial.address, None)
