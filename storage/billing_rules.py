"""The utility's rules of billing: everybody's settings, and those of service centres laid over them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from metering.billing_rules import BillingRule, checked, rule_of
from metering.written_settings import SettingValue
from storage import sql
from storage.pool import Database

_SQL = sql.statements("billing_rules")

EVERYBODY: Final = ""


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """Settings that stand at one place, by their names in metering.billing_rules; "": everybody's."""

    service_centre: str
    settings: Mapping[str, SettingValue]
    changed_by: str
    changed_at: datetime


class BillingRules:
    """Changes are told by the registry's journal. ConfigurationError names a wrong setting."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(
        self, service_centre: str, settings: Mapping[str, object], by: str, at: datetime
    ) -> RuleSettings:
        """These settings and no others stand there from now on."""
        return await self._change("put", service_centre, settings, by, at)

    async def lay_over(
        self, service_centre: str, settings: Mapping[str, object], by: str, at: datetime
    ) -> RuleSettings:
        """These settings stand there from now on; others that stand there stay."""
        return await self._change("lay_over", service_centre, settings, by, at)

    async def all(self) -> Sequence[RuleSettings]:
        """Wherever settings stand, by centre; everybody's first."""
        return [_settings(row) for row in await self._database.rows(_SQL["list"])]

    async def in_force(self) -> Callable[[str], BillingRule]:
        """The rule of each service centre, as it is now."""
        settings = {one.service_centre: one.settings for one in await self.all()}
        everybodys = rule_of(BillingRule(), settings.get(EVERYBODY, {}))
        rules = {centre: rule_of(everybodys, own) for centre, own in settings.items()}
        return lambda centre: rules.get(centre, everybodys)

    async def _change(
        self, statement: str, service_centre: str, settings: Mapping[str, object], by: str, at: datetime
    ) -> RuleSettings:
        written = json.dumps(checked(settings))
        return _settings(await self._database.row(_SQL[statement], service_centre, written, by, at))


def _settings(row: Any) -> RuleSettings:
    return RuleSettings(**dict(row) | {"settings": json.loads(row["settings"])})
