"""Why a consumption is as it is: a word that programs compare, with the particulars that people read.

The English sentence of each word stands here; the other languages are catalogues over these very sentences.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Because(StrEnum):
    """The word of a reason."""

    NO_METER = "no_meter"
    NEVER_ADMITTED = "never_admitted"
    NOT_YET_ADMITTED = "not_yet_admitted"
    WITHDRAWN = "withdrawn"
    VERIFICATION_PAST = "verification_past"
    VERIFICATION_UNKNOWN = "verification_unknown"
    RECORDS_MISSING = "records_missing"
    NOT_RECORDED = "not_recorded"
    NOT_FULLY_OPERATED = "not_fully_operated"
    FAULT_REPORTED = "fault_reported"
    LIMITS_UNKNOWN = "limits_unknown"
    BEYOND_LIMITS = "beyond_limits"
    MASSES_DIFFER = "masses_differ"
    NO_COMPONENT = "no_component"
    SERIAL_DIFFERS = "serial_differs"
    SERIAL_NOT_TOLD = "serial_not_told"
    TOTAL_MISSING = "total_missing"
    SIGNAL_WEAK = "signal_weak"
    SIGNAL_UNKNOWN = "signal_unknown"
    HELD_BACK = "held_back"


SENTENCES: dict[Because, str] = {
    Because.NO_METER: "No meter was installed from {start} to {end}.",
    Because.NEVER_ADMITTED: "The point was never admitted to commercial use: no admission act is registered.",
    Because.NOT_YET_ADMITTED: "The point was admitted to commercial use only on {at}, by act {number}.",
    Because.WITHDRAWN: "The point was withdrawn from commercial use on {at}, by act {number}.",
    Because.VERIFICATION_PAST: "The verification of the {component} {serial} was valid through {due} only.",
    Because.VERIFICATION_UNKNOWN: "No valid verification of the {component} {serial} is on record.",
    Because.RECORDS_MISSING: "{count} of {hours} hours have no record with energy, the first one at {at}.",
    Because.NOT_RECORDED: "The records do not tell {quantity}: nobody can show that it is as required.",
    Because.NOT_FULLY_OPERATED: "In {count} hours the meter did not measure all the time, first at {at}.",
    Because.FAULT_REPORTED: "The meter reported {fault} in {count} hours, first at {at}.",
    Because.LIMITS_UNKNOWN: "The smallest and the largest flow of the passport are not told.",
    Because.BEYOND_LIMITS: "{quantity} was outside {limits} in {count} hours, first at {at}.",
    Because.MASSES_DIFFER: "{supply} t went out and {back} t came back: they may differ by {allowed} t.",
    Because.NO_COMPONENT: "No component of the meter is on record, nor its verification.",
    Because.SERIAL_DIFFERS: "The meter says that its number is {told}; the {where} has {known}.",
    Because.SERIAL_NOT_TOLD: "The meter did not tell its number; compare the plate with {known}.",
    Because.TOTAL_MISSING: "The meter did not tell {quantity}.",
    Because.SIGNAL_WEAK: "The signal level is {level} dBm; adequate is {adequate} dBm.",
    Because.SIGNAL_UNKNOWN: "No signal level of the modem is known.",
    Because.HELD_BACK: "What this poll brought waits for a decision: {held}.",
}
"""With the names of the particulars in braces."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason; `particulars` are name and text, and in the order of the sentence."""

    word: Because
    particulars: tuple[tuple[str, str], ...] = ()
    hinders: bool = False
    """Whether it alone keeps the value off a bill."""

    def text(self, translate: Callable[[str], str] = str) -> str:
        """The sentence, in the language of the translator."""
        return translate(SENTENCES[self.word]).format(**dict(self.particulars))


def reason(word: Because, *, hinders: bool = False, **particulars: str) -> Reason:
    """A reason with its particulars by name."""
    return Reason(word, tuple(particulars.items()), hinders)
