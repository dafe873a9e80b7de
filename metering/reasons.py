"""Why a consumption is as it is: a word that programs compare, with the particulars that people read.

The English sentence of each word stands here; the other languages are catalogues over these very sentences.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Because(StrEnum):
    """The word of a reason."""

    NOT_OVER = "not_over"
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
    NO_LEVEL = "no_level"
    NOTHING_READ = "nothing_read"
    REGISTER_WENT_BACK = "register_went_back"
    FACTOR_SETS_DIFFER = "factor_sets_differ"
    REGISTER_DOUBTFUL = "register_doubtful"
    READ_BY_A_PERSON = "read_by_a_person"
    LEVEL_FROM_RECORDS = "level_from_records"
    LEVEL_NEARBY = "level_nearby"
    LEVEL_REPORTED = "level_reported"
    LEVEL_INTERPOLATED = "level_interpolated"
    LEVEL_ESTIMATED = "level_estimated"
    ERROR_HOURS_ESTIMATED = "error_hours_estimated"
    ERROR_HOURS = "error_hours"
    RECORDS_OVERLAP = "records_overlap"
    NEGATIVE_CONSUMPTION = "negative_consumption"
    NEGATIVE_HOURS = "negative_hours"
    MORE_THAN_THE_PIPE = "more_than_the_pipe"
    MORE_THAN_THE_CONTRACT = "more_than_the_contract"
    HIGH_FOR_THE_WEATHER = "high_for_the_weather"
    LOW_FOR_THE_WEATHER = "low_for_the_weather"
    HEAT_OUT_OF_SEASON = "heat_out_of_season"
    DAY_DIFFERS_FROM_HOURS = "day_differs_from_hours"
    REGISTERS_DIFFER_FROM_HOURS = "registers_differ_from_hours"
    UNIT_CHANGED = "unit_changed"
    UNIT_DOUBTFUL = "unit_doubtful"
    NO_HEAT_THOUGH_WARM = "no_heat_though_warm"
    CLOCK_DRIFTED = "clock_drifted"
    REGISTER_FROZEN = "register_frozen"


SENTENCES: dict[Because, str] = {
    Because.NOT_OVER: "The period is not over yet: later readings may change this figure.",
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
    Because.NO_LEVEL: (
        "No register of meter {meter} is known for {at}, nor anything that leads to it; poll it or read "
        "it on site."
    ),
    Because.NOTHING_READ: "No register was read after the opening one: nothing of the period was measured.",
    Because.REGISTER_WENT_BACK: (
        "The register of meter {meter} went back from {before} at {start} to {after} at {end}: water "
        "ran backwards, or it was reset or replaced; record which."
    ),
    Because.FACTOR_SETS_DIFFER: (
        "The registers at {start} and {end} were converted with different factor sets, {first} and {second}."
    ),
    Because.REGISTER_DOUBTFUL: "The register at {at} is doubtful: {flags}.",
    Because.READ_BY_A_PERSON: (
        "The register at {at} was read off by a person when the meter was installed or removed."
    ),
    Because.LEVEL_FROM_RECORDS: (
        "The level at {boundary} is worked out from the register at {at} and {count} records of the meter."
    ),
    Because.LEVEL_NEARBY: "For {boundary} stands the register of {at}, {distance} away.",
    Because.LEVEL_REPORTED: "The register at {at} was reported by people: {source}.",
    Because.LEVEL_INTERPOLATED: (
        "The level at {boundary} is interpolated between the registers at {start} and {end}: {weights}."
    ),
    Because.LEVEL_ESTIMATED: (
        "Before {boundary}, {hours} hours after the register at {at} are estimated: {methods}."
    ),
    Because.ERROR_HOURS_ESTIMATED: (
        "{hours} hours in which the meter did not measure are estimated: {methods}."
    ),
    Because.ERROR_HOURS: (
        "The meter did not measure for {hours} hours between {start} and {end}; nothing is added for them."
    ),
    Because.RECORDS_OVERLAP: "{count} records cover time that another one covers too, first at {at}.",
    Because.NEGATIVE_CONSUMPTION: "The consumption is negative: {value} Gcal.",
    Because.NEGATIVE_HOURS: "In {count} hours the meter counted backwards, first at {at}.",
    Because.MORE_THAN_THE_PIPE: (
        "{value} Gcal from {start} to {end} is more than a pipe of {diameter} mm can carry: {limit} Gcal."
    ),
    Because.MORE_THAN_THE_CONTRACT: (
        "{value} Gcal from {start} to {end} is more than {factor} times the contract's {limit} Gcal."
    ),
    Because.HIGH_FOR_THE_WEATHER: (
        "{value} Gcal is more than {factor} times the {expected} Gcal that the weather makes one expect."
    ),
    Because.LOW_FOR_THE_WEATHER: (
        "{value} Gcal is less than 1/{factor} of the {expected} Gcal that the weather makes one expect."
    ),
    Because.HEAT_OUT_OF_SEASON: "{value} Gcal of heating were counted out of the heating season.",
    Because.DAY_DIFFERS_FROM_HOURS: (
        "On {count} days the hours do not add up to the day, first at {at}: {hours} and {day} Gcal."
    ),
    Because.REGISTERS_DIFFER_FROM_HOURS: (
        "The hours from {start} to {end} add up to {hours} Gcal; the registers tell {registers}."
    ),
    Because.UNIT_CHANGED: "The meter told this quantity in several units: {units}.",
    Because.UNIT_DOUBTFUL: (
        "The heat counted is {ratio} times what mass and temperatures make: its unit looks like {unit}."
    ),
    Because.NO_HEAT_THOUGH_WARM: (
        "No heat was counted, though the supply was {kelvins} K warmer than the return in the heating season."
    ),
    Because.CLOCK_DRIFTED: "The meter's clock was up to {seconds} s wrong; {allowed} s are allowed.",
    Because.REGISTER_FROZEN: (
        "The register stood still from {start} to {end}, while mass and temperatures make {reckoned} Gcal."
    ),
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
