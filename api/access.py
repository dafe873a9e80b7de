"""What is known of a request's caller: the key, whether it reads of billing, what it was answered."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from storage.keys import ApiKey


@dataclass(slots=True)
class Caller:
    """Filled while the request is answered."""

    key: ApiKey | None = None
    is_billing: bool = False
    answered: dict[str, Any] | None = None

    def told(self, lines: int, total: Decimal | None) -> None:
        """So many lines of billing were answered; `total` in Gcal, None when nothing could be billed."""
        self.answered = {"lines": lines, "total": None if total is None else str(total)}
