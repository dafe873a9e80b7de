"""What every Modbus profile must satisfy: one rule per function, named as its sentence.

A rule yields a complaint for each place that breaks it. What the reader itself refuses (unknown keys, wrong
types, a number outside its record) needs no rule.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Final

from metering.calendar import ArchiveKind
from metering.errors import UnitError
from metering.quantities import Behaviour
from metering.units import check_unit
from protocols.driver import Verification
from protocols.modbus.archive_map import NUMBER, Addressing, RecordStamp
from protocols.modbus.places import LARGEST_BLOCK, Setting, UnitChoice, Value
from protocols.modbus.register_map import Profile
from protocols.profile_rules import (
    DOUBT,
    every_model_has_a_vector,
    every_model_is_named_after_its_maker,
    every_unconfirmed_note_is_marked,
)

Rule = Callable[[Profile], Iterator[str]]

STANDARD_BAUDS: Final = (300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
ILLEGAL_FUNCTION, ACKNOWLEDGE, BUSY = 0x01, 0x05, 0x06


def every_register_has_a_unit(profile: Profile) -> Iterator[str]:
    for section, values in profile.sections():
        for value in values:
            if value.unit == "" and value.quantity.behaviour is not Behaviour.FLAGS:
                yield f"{section}: {value.quantity} has no unit"


def every_unit_measures_its_quantity(profile: Profile) -> Iterator[str]:
    for section, values in profile.sections():
        for value in values:
            for unit in filter(None, _units(value)):
                complaint = _wrong_unit(unit, value)
                if complaint:
                    yield f"{section}: {complaint}"


def every_unit_choice_covers_its_setting(profile: Profile) -> Iterator[str]:
    settings = {setting.name: setting for setting in profile.settings}
    for section, values in profile.sections():
        for value in values:
            if isinstance(value.unit, UnitChoice) and not _covers(value.unit, settings):
                yield f"{section}: {value.quantity}: not every word of {value.unit.setting!r} has a unit"


def registers_do_not_overlap(profile: Profile) -> Iterator[str]:
    for section, values in profile.sections():
        if section == profile.LISTED:
            continue
        step = 2 if section == profile.REGISTERS else 1
        taken: dict[int, Value] = {}
        for value in values:
            for cell in _cells(profile, value, step):
                if cell in taken:
                    yield f"{section}: {value.quantity} and {taken[cell].quantity} share the place {cell}"
                taken[cell] = value


def no_quantity_is_declared_twice(profile: Profile) -> Iterator[str]:
    for section, values in profile.sections():
        names = [value.quantity.name for value in values]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"{section}: {name} is declared {names.count(name)} times"


def totals_hold_registers_only(profile: Profile) -> Iterator[str]:
    total = profile.archives.get(ArchiveKind.TOTAL)
    for value in total.record.values if total else ():
        if value.quantity.behaviour is not Behaviour.REGISTER:
            yield f"{value.quantity} goes up and down: it has no total"


def every_further_circuit_tells_its_operating_time(profile: Profile) -> Iterator[str]:
    """A circuit whose record is all zeros is taken as not used; a used one at least counts its hours.

    A total of zeros has never counted.
    """
    for kind, archive in profile.archives.items():
        further = [value for value in archive.record.values if value.step]
        if kind is ArchiveKind.TOTAL:
            continue
        if further and not any(value.quantity.name == "operating_time" for value in further):
            yield f"{kind}: nothing tells an unused circuit from one that stood still"


def every_number_fits_into_one_reply(profile: Profile) -> Iterator[str]:
    for value in profile.current.values:
        if value.size > 2 * profile.largest:
            yield f"{value.quantity} takes {value.size // 2} registers, {profile.largest} are read at most"


def every_selected_record_fits_into_one_reply(profile: Profile) -> Iterator[str]:
    for kind, archive in profile.archives.items():
        if archive.addressing is Addressing.SELECTED and archive.record.size > 2 * LARGEST_BLOCK:
            yield f"{kind}: a record of {archive.record.size} bytes takes two replies"


def every_selection_names_the_archive(profile: Profile) -> Iterator[str]:
    places = [archive.read_at for archive in profile.archives.values()]
    told_by_place = None not in places and len(set(places)) == len(places)
    if profile.selection and NUMBER not in profile.selection.content and not told_by_place:
        yield f"the selection writes no {NUMBER!r}: every archive would be the same"


def only_totals_stand_for_a_slots_end(profile: Profile) -> Iterator[str]:
    for kind, archive in profile.archives.items():
        if archive.stamp is RecordStamp.SLOT_BEFORE and kind is not ArchiveKind.TOTAL:
            yield f"{kind}: slot_before is for totals; use slot_start or slot_end"


def no_gap_is_made_of_a_passing_refusal(profile: Profile) -> Iterator[str]:
    for kind, archive in profile.archives.items():
        for code in sorted({ILLEGAL_FUNCTION, ACKNOWLEDGE, BUSY} & archive.refusals.keys()):
            yield f"{kind}: code {code:02X}h tells nothing of a record"


def every_baud_rate_is_a_standard_one(profile: Profile) -> Iterator[str]:
    if profile.line.baud not in STANDARD_BAUDS:
        yield f"baud rate {profile.line.baud} is none of {STANDARD_BAUDS}"


def every_description_without_the_maker_says_what_is_in_doubt(profile: Profile) -> Iterator[str]:
    unsure = profile.verification in (Verification.SECOND_IMPLEMENTATION, Verification.NOT_ON_HARDWARE)
    if unsure and not any(note.startswith(DOUBT) for note in profile.notes):
        yield "no document of the maker, and no note says what is not confirmed"


RULES: Final[tuple[Rule, ...]] = (
    every_register_has_a_unit,
    every_unit_measures_its_quantity,
    every_unit_choice_covers_its_setting,
    registers_do_not_overlap,
    no_quantity_is_declared_twice,
    totals_hold_registers_only,
    every_further_circuit_tells_its_operating_time,
    every_number_fits_into_one_reply,
    every_selected_record_fits_into_one_reply,
    every_selection_names_the_archive,
    only_totals_stand_for_a_slots_end,
    no_gap_is_made_of_a_passing_refusal,
    every_baud_rate_is_a_standard_one,
    every_unconfirmed_note_is_marked,
    every_description_without_the_maker_says_what_is_in_doubt,
    every_model_is_named_after_its_maker,
)


def complaints(profile: Profile, vectors: Collection[str]) -> Iterator[str]:
    """Everything that is wrong with a profile, each with the name of its rule."""
    for rule in RULES:
        for complaint in rule(profile):
            yield f"{rule.__name__}: {complaint}"
    for complaint in every_model_has_a_vector(profile, vectors):
        yield f"{every_model_has_a_vector.__name__}: {complaint}"


def _units(value: Value) -> Collection[str]:
    return value.unit.units.values() if isinstance(value.unit, UnitChoice) else (value.unit,)


def _wrong_unit(unit: str, value: Value) -> str:
    try:
        check_unit(unit, value.quantity)
    except UnitError as error:
        return str(error)
    return ""


def _covers(choice: UnitChoice, settings: dict[str, Setting]) -> bool:
    setting = settings.get(choice.setting)
    return setting is not None and bool(setting.words) and set(setting.words.values()) <= choice.units.keys()


def _cells(profile: Profile, value: Value, step: int) -> Iterator[int]:
    """Every place that a value takes; a register holds `step` bytes, a byte of a record one."""
    for circuit in profile.circuits_of(value):
        for place in value.places(circuit):
            yield from range(place, place + (value.size + step - 1) // step)
