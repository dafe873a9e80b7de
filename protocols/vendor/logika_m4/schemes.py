"""Schemes: what the pipes of a heat input are for. A record is written under the scheme of its time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from metering.conditions import Condition, ConditionName
from metering.errors import ConfigurationChanged
from protocols.conversation import Conversation


@dataclass
class SchemeWatch:
    """Compares the schemes of records with the configuration that was read.

    `ask` reads the schemes anew, by the settings' names. It is asked once, at the first record of another
    scheme: either the meter was set up anew since, or only the record is older than the last change.
    """

    settings: Mapping[str, str]
    ask: Callable[[], Conversation[Mapping[str, str]]]
    is_confirmed: bool = False

    def check(self, setting: str, then: str, circuit: int) -> Conversation[frozenset[Condition]]:
        """What to say of a record written under the scheme `then`; ConfigurationChanged in the first case."""
        known = self.settings.get(setting)
        if known is None or not then.isdecimal() or then == known:
            return frozenset()
        if not self.is_confirmed:
            now = yield from self.ask()
            if any(self.settings.get(name) != word for name, word in now.items()):
                raise ConfigurationChanged()
            self.is_confirmed = True
        return frozenset({Condition(ConditionName.SETTINGS_CHANGED, circuit, code=f"scheme {then}")})
