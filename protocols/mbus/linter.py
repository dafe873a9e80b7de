"""What every M-Bus profile must satisfy: one rule per function, named as its sentence.

A rule yields a complaint for each place that breaks it. `RULES` look at one profile and are checked whenever
it is loaded; the two rules about what stands beside it are checked by the tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from decimal import Decimal
from itertools import combinations
from typing import Final

from metering.errors import UnitError
from metering.quantities import QUANTITIES
from metering.units import convert
from protocols.mbus.asking import Question
from protocols.mbus.choices import SET_DAY
from protocols.mbus.frames import FCB, LARGEST_PAYLOAD, REQ_UD2, SND_UD
from protocols.mbus.model import Convention, Detection, Profile, Row, Stored
from protocols.mbus.offsets import DATA_START
from protocols.mbus.vif import EXTENSION_FB, EXTENSION_FD, PRIMARY
from protocols.profile_rules import (
    every_model_is_named_after_its_maker,
    every_unconfirmed_note_is_marked,
)

Rule = Callable[[Profile], Iterator[str]]

RECORD_QUANTITIES: Final = frozenset(
    meaning.quantity for table in (PRIMARY, EXTENSION_FB, EXTENSION_FD) for meaning in table.values()
)
"""What the tables of VIFs can name."""

STANDARD_BAUDS: Final = (300, 600, 1200, 2400, 4800, 9600, 19200, 38400)
MOST_POLLS_PER_DAY: Final = 1440
MOST_TELEGRAMS: Final = 100
DEEPEST_LOG: Final = 2000
LONGEST_FRAME: Final = 261
LAST_STORAGE: Final = 1000
"""Meters use numbers up to 511; storage 0 is the present."""


def every_row_names_a_known_quantity(profile: Profile) -> Iterator[str]:
    for row in profile.rows:
        if row.quantity not in QUANTITIES:
            yield f"no quantity is called {row.quantity!r}"


def every_row_reads_a_record_that_exists(profile: Profile) -> Iterator[str]:
    for row in profile.rows:
        if row.of not in RECORD_QUANTITIES:
            yield f"{row.quantity}: no M-Bus record is called {row.of!r}"


def no_row_hides_another(profile: Profile) -> Iterator[str]:
    seen: set[tuple[object, ...]] = set()
    for row in profile.rows:
        if _matched(row) in seen:
            yield f"a record {row.of!r} of {row.quantity} is already taken by a row before"
        seen.add(_matched(row))


def every_circuit_counts_from_one(profile: Profile) -> Iterator[str]:
    for row in profile.rows:
        if row.circuit < 1:
            yield f"{row.quantity}: circuit {row.circuit}"


def every_stored_range_lies_behind_the_present(profile: Profile) -> Iterator[str]:
    for stored in profile.stored:
        if not 1 <= stored.first <= stored.last <= LAST_STORAGE:
            yield f"storages {stored.first}..{stored.last} must count upwards within 1..{LAST_STORAGE}"


def no_storage_is_stored_twice(profile: Profile) -> Iterator[str]:
    for one, other in combinations(profile.stored, 2):
        if _overlap(one, other):
            yield f"storages {one.first}..{one.last} and {other.first}..{other.last} overlap"


def every_detection_has_three_letters_and_bytes(profile: Profile) -> Iterator[str]:
    for detection in profile.detections:
        if not re.fullmatch("[A-Z]{3}", detection.manufacturer):
            yield f"manufacturer {detection.manufacturer!r} is not three letters A..Z"
        if any(not 0 <= code <= 0xFF for code in detection.versions + detection.media):
            yield f"{detection.manufacturer}: a version or medium is not a byte"


def every_baud_rate_is_a_standard_one(profile: Profile) -> Iterator[str]:
    if profile.line.baud not in STANDARD_BAUDS:
        yield f"baud rate {profile.line.baud} is none of {STANDARD_BAUDS}"


def every_battery_has_a_budget(profile: Profile) -> Iterator[str]:
    if not 1 <= profile.polls_per_day <= MOST_POLLS_PER_DAY:
        yield f"polls_per_day = {profile.polls_per_day} is not within 1..{MOST_POLLS_PER_DAY}"


def every_read_out_is_bounded(profile: Profile) -> Iterator[str]:
    if not 1 <= profile.telegrams <= MOST_TELEGRAMS:
        yield f"telegrams = {profile.telegrams} is not within 1..{MOST_TELEGRAMS}"


def every_sub_code_is_a_byte(profile: Profile) -> Iterator[str]:
    for question in _questions(profile):
        if question.sub_code is not None and not 0 <= question.sub_code <= 0xFF:
            yield f"application reset {question.sub_code} is not a byte"


def every_selection_fits_into_a_frame(profile: Profile) -> Iterator[str]:
    for question in _questions(profile):
        if len(question.records) >= LARGEST_PAYLOAD:
            yield f"a selection of {len(question.records)} bytes; {LARGEST_PAYLOAD - 1} fit"


def every_request_is_one_of_the_standard(profile: Profile) -> Iterator[str]:
    for control, known in ((profile.habits.send, SND_UD), (profile.habits.first, REQ_UD2)):
        if control & ~FCB != known & ~FCB:
            yield f"C field {control:02X} is not {known & ~FCB:02X}, with or without the count bit"


def every_log_has_a_storage_and_a_depth(profile: Profile) -> Iterator[str]:
    for log in profile.logs:
        if not (1 <= log.storage <= LAST_STORAGE and 1 <= log.depth <= DEEPEST_LOG):
            yield f"{log.kind} log: storage {log.storage}, depth {log.depth} of at most {DEEPEST_LOG}"


def no_archive_has_two_logs(profile: Profile) -> Iterator[str]:
    kinds = [log.kind for log in profile.logs]
    for kind in sorted({kind for kind in kinds if kinds.count(kind) > 1}):
        yield f"{kind} has several logs"


def every_choice_has_two_words_and_a_reason(profile: Profile) -> Iterator[str]:
    for choice in profile.choices:
        if len(set(choice.words)) < 2 or not choice.why:
            yield f"choice {choice.name}: give two words and say why"
        if choice.name == SET_DAY and set(choice.words) != set(Convention):
            yield f"choice {SET_DAY}: its words are {' and '.join(Convention)}"


def every_part_in_doubt_names_a_choice(profile: Profile) -> Iterator[str]:
    words = {choice.name: choice.words for choice in profile.choices}
    rows, vifs, fields = (
        [part.when for part in parts] for parts in (profile.rows, profile.bare_vifs, profile.fields)
    )
    for when in (*rows, *vifs, *fields):
        if when is not None and when.word not in words.get(when.choice, ()):
            yield f"when = {when.choice}={when.word}: there is no such choice or word"


def every_field_measures_its_quantity(profile: Profile) -> Iterator[str]:
    for field in profile.fields:
        if field.quantity not in QUANTITIES:
            yield f"no quantity is called {field.quantity!r}"
        elif not _measures(field.unit, field.quantity):
            yield f"{field.quantity} is not measured in {field.unit!r}"


def every_field_lies_within_a_frame(profile: Profile) -> Iterator[str]:
    clocks = () if profile.clock_at is None else (profile.clock_at,)
    for at in (*clocks, *(field.at for field in profile.fields)):
        if not DATA_START <= at <= LONGEST_FRAME:
            yield f"a field at {at}: data lie at {DATA_START}..{LONGEST_FRAME}"
    for field in profile.fields:
        if not 1 <= field.telegram <= profile.telegrams:
            yield f"{field.quantity} of telegram {field.telegram}: {profile.telegrams} are read"


def no_two_models_claim_a_meter(profiles: Collection[Profile]) -> Iterator[str]:
    for one, other in combinations(profiles, 2):
        claims = ((mine, theirs) for mine in one.detections for theirs in other.detections)
        if any(_same_claim(mine, theirs) for mine, theirs in claims):
            yield f"{one.name} and {other.name} are detected by the same header"


RULES: Final[tuple[Rule, ...]] = (
    every_row_names_a_known_quantity,
    every_row_reads_a_record_that_exists,
    no_row_hides_another,
    every_circuit_counts_from_one,
    every_stored_range_lies_behind_the_present,
    no_storage_is_stored_twice,
    every_detection_has_three_letters_and_bytes,
    every_baud_rate_is_a_standard_one,
    every_battery_has_a_budget,
    every_read_out_is_bounded,
    every_sub_code_is_a_byte,
    every_selection_fits_into_a_frame,
    every_request_is_one_of_the_standard,
    every_log_has_a_storage_and_a_depth,
    no_archive_has_two_logs,
    every_choice_has_two_words_and_a_reason,
    every_part_in_doubt_names_a_choice,
    every_field_measures_its_quantity,
    every_field_lies_within_a_frame,
    every_unconfirmed_note_is_marked,
    every_model_is_named_after_its_maker,
)


def complaints(profile: Profile) -> tuple[str, ...]:
    """What is wrong with this profile, in sentences; empty when nothing is."""
    return tuple(complaint for rule in RULES for complaint in rule(profile))


def _matched(row: Row) -> tuple[object, ...]:
    return row.of, row.qualifiers, row.function, row.tariff, row.subunit, row.when


def _questions(profile: Profile) -> Iterator[Question]:
    yield from (profile.questions.current, profile.questions.total)
    yield from (log.question for log in profile.logs)


def _measures(unit: str, name: str) -> bool:
    try:
        convert(Decimal(1), unit, QUANTITIES[name])
    except UnitError:
        return False
    return True


def _overlap(one: Stored, other: Stored) -> bool:
    return one.first <= other.last and other.first <= one.last


def _same_claim(one: Detection, other: Detection) -> bool:
    """Whether both name the same bytes; a row for fewer bytes may refine one for more."""
    return (
        one.manufacturer == other.manufacturer
        and _share(one.versions, other.versions)
        and _share(one.media, other.media)
    )


def _share(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return one == other or not set(one).isdisjoint(other)
