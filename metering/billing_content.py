"""What a billing line says, as a canonical text: the thing that is frozen, hashed and compared.

Objects are written with sorted keys, decimals in plain notation, instants in UTC. Polls and their frames are
the way a value came and not what it is: a register that was read twice says the same. They are kept beside
the text, and are not in it. Nor is it there that a period was not over: time alone changes no bill.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from uuid import UUID

from metering.billing_lines import BillingLine, Status
from metering.calendar import BillingPeriod
from metering.exact import decimal_text
from metering.reasons import Because

ORIGINS: Final = frozenset({"poll_id", "frame"})
"""Names of what tells where a value came from."""


@dataclass(frozen=True, slots=True)
class FrozenLine:
    """A line as a run keeps it. `contents`: everything of it, made of texts, numbers, lists and objects.

    `content` is its canonical text. What is asked for often stands beside both.
    """

    usage_point_id: int
    usage_point_code: str
    service_centre: str
    district: str
    period: BillingPeriod
    quantity: str
    unit: str
    status: Status
    billable: bool
    value: Decimal | None
    measured: Decimal | None
    estimated: Decimal | None
    contents: Mapping[str, Any]
    content: str

    @property
    def key(self) -> LineKey:
        return self.usage_point_id, self.quantity, self.period.start

    @property
    def billed(self) -> Decimal:
        """What of it stands on a bill."""
        return self.value if self.billable and self.value is not None else Decimal(0)


LineKey = tuple[int, str, datetime]
"""Usage point, quantity and the start of the period: what a run has once."""


def freeze(line: BillingLine) -> FrozenLine:
    """The line as it is kept."""
    return thawed(plain(line))


def thawed(contents: Mapping[str, Any]) -> FrozenLine:
    """The line whose contents these are."""
    return FrozenLine(
        usage_point_id=contents["usage_point_id"],
        usage_point_code=contents["usage_point_code"],
        service_centre=contents["service_centre"],
        district=contents["district"],
        period=BillingPeriod(*(datetime.fromisoformat(contents["period"][end]) for end in ("start", "end"))),
        quantity=contents["quantity"],
        unit=contents["unit"],
        status=Status(contents["status"]),
        billable=contents["billable"],
        value=_decimal(contents["value"]),
        measured=_decimal(contents["measured"]),
        estimated=_decimal(contents["estimated"]),
        contents=contents,
        content=canonical(without_origins(contents)),
    )


def plain(value: object) -> Any:
    """A value of the domain as texts, numbers, lists and objects; the same value gives the same."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(plain(name)): plain(one) for name, one in value.items()}
    if isinstance(value, Set):
        return sorted((plain(one) for one in value), key=canonical)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(one) for one in value]
    return _scalar(value)


def without_origins(value: Any) -> Any:
    """The same without the ways back to polls, and without what only says when it was asked for."""
    if isinstance(value, Mapping):
        return {name: without_origins(one) for name, one in value.items() if name not in ORIGINS}
    if isinstance(value, list):
        return [without_origins(one) for one in value if not _is_passing(one)]
    return value


def _is_passing(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get("word") == Because.NOT_OVER


def canonical(value: object) -> str:
    """One text for one value of texts, numbers, lists and objects."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


class ContentHash:
    """SHA-256 over texts in their order, each with a line feed behind it."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, contents: Iterable[str]) -> None:
        for content in contents:
            self._digest.update(f"{content}\n".encode())

    def digest(self) -> bytes:
        """Of all that was added until now."""
        return self._digest.digest()


def _scalar(value: object) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, datetime):
        at = value if value.tzinfo is None else value.astimezone(UTC)
        return at.isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return decimal_text(Decimal(value // timedelta.resolution).scaleb(-6))
    if isinstance(value, date | UUID):
        return str(value)
    return value


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
