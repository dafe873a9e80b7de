"""What AT+CEER tells of a call that ended in NO CARRIER (3GPP 24.008 annex H; the text is each maker's own).

Three forms are met: words; one number, the network's cause; three numbers, place, reason and service.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from metering.calls import CallResult

CAUSES: Final[Mapping[int, CallResult]] = {
    8: CallResult.CALL_BARRED,
    10: CallResult.CALL_BARRED,
    17: CallResult.BUSY,
    19: CallResult.NO_ANSWER,
}
"""Operator determined barring, call barred, user busy, user alerting but no answer."""

WORDS: Final[Mapping[str, CallResult]] = {
    "barr": CallResult.CALL_BARRED,
    "not a fixed dial": CallResult.CALL_BARRED,
    "not included in fdn": CallResult.CALL_BARRED,
    "user busy": CallResult.BUSY,
    "no answer": CallResult.NO_ANSWER,
}

CALL_CONTROL: Final = 8
"""The place of three numbers where the reason is the network's cause for the call."""

_TRIPLE: Final = re.compile(r"(\d{1,3}) *, *(\d{1,3}) *, *(\d{1,3})")
_SINGLE: Final = re.compile(r"\D{0,60}(\d{1,3})\D{0,60}")


def result_of(report: str) -> CallResult | None:
    """The result that the report makes out of NO CARRIER; None where it adds nothing."""
    text = report.lower()
    for words, result in WORDS.items():
        if words in text:
            return result
    cause = _cause(text)
    return None if cause is None else CAUSES.get(cause)


def _cause(text: str) -> int | None:
    if triple := _TRIPLE.fullmatch(text):
        return int(triple[2]) if int(triple[1]) == CALL_CONTROL else None
    single = _SINGLE.fullmatch(text)
    return int(single[1]) if single else None
