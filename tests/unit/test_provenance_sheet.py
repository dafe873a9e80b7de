"""The provenance of a line on paper tells what people decided, and how much of it is left out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from api.pages import sheet_page
from api.provenance import (
    ActOrigin,
    BoundaryOut,
    DecisionsOut,
    ExplainedFrame,
    PollOriginOut,
    ProvenanceOut,
    RegisterEventOrigin,
    RevisionOrigin,
)
from api.provenance_sheet import READINGS, provenance_sheet
from api.provenance_sheet_tables import MOST_ROWS
from metering.acts import ActKind
from metering.calendar import ArchiveKind
from metering.evidence import EventKind
from metering.polls import Direction
from reports.pdf import pdf
from reports.sheet import Section, Sheet
from storage.values import Cause

NOW = datetime(2026, 2, 1, 9, tzinfo=UTC)
POLL = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
NEWER = UUID("01890a5d-ac96-774b-bcce-b302099a8058")
LINE = {
    "usage_point_code": "UP-0017",
    "period": {"start": "2026-01-01", "end": "2026-02-01"},
    "status": "calculated",
    "reasons": [],
}
ROLLOVER = RegisterEventOrigin(
    meter_id=42,
    circuit=1,
    kind=EventKind.ROLLOVER,
    at=NOW,
    level_before="9999.9",
    level_after="0.2",
    capacity="10000",
    decided_by="A. Serikova",
    decided_at=NOW,
    note="act 118",
)
RESET = ROLLOVER.model_copy(update={"kind": EventKind.RESET, "capacity": None})
REVISION = RevisionOrigin(
    meter_id=42,
    kind=ArchiveKind.HOUR,
    slot_start=NOW,
    value="85.98",
    poll_id=POLL,
    replaced_by=NEWER,
    recorded_at=NOW,
    cause=Cause.ACCEPTED,
)
ACT = ActOrigin(
    number="АД-12", kind=ActKind.ADMISSION, at=NOW, entered_by="A. Akhmetov", annulled_because=None
)


def origin(poll_id: UUID) -> PollOriginOut:
    frame = ExplainedFrame(number=2, at=NOW, direction=Direction.RECEIVED, hex="E5", parts=[])
    told: dict[str, Any] = {
        "poll_id": poll_id,
        "meter_id": 42,
        "serial": "06855817",
        "model": "kamstrup-multical-403",
        "version": "8",
        "started_at": NOW,
        "collector": "almaty-1",
        "held": None,
        "frames": [frame],
    }
    return PollOriginOut.model_construct(**told)


def found(
    sources: Iterable[dict[str, Any]] = (),
    events: Iterable[RegisterEventOrigin] = (),
    revisions: Iterable[RevisionOrigin] = (),
    acts: Iterable[ActOrigin] = (),
    polls: Iterable[PollOriginOut] = (),
    polls_left_out: int = 0,
    revisions_left_out: int = 0,
) -> ProvenanceOut:
    level = {"value": "85.98", "at": "2026-01-01T00:00:00Z", "step": "register"}
    return ProvenanceOut.model_construct(
        line=LINE,
        boundaries=[BoundaryOut(meter_id=42, side="opening", level=level, sources=list(sources))],
        polls=list(polls),
        polls_left_out=polls_left_out,
        acts=list(acts),
        decisions=DecisionsOut(
            register_events=list(events),
            register_events_left_out=0,
            revisions=list(revisions),
            revisions_left_out=revisions_left_out,
        ),
    )


def drawn(provenance: ProvenanceOut) -> Sheet:
    return provenance_sheet(provenance, "Provenance", NOW, "en", lambda text: text)


def section(sheet: Sheet, heading: str) -> Section:
    (only,) = (one for one in sheet.sections if one.heading == heading)
    return only


def rows(sheet: Sheet, heading: str) -> list[list[object]]:
    table = section(sheet, heading).table
    assert table is not None
    return [[cell.value for cell in row.cells] for row in table.rows()]


def test_register_events_are_told_with_their_levels() -> None:
    told = rows(drawn(found(events=[ROLLOVER, RESET])), "Registers that ran over or were reset")
    levels = ["9999.9", "0.2"]
    assert told == [
        ["2026-02-01 09:00", "42", "ran over", *levels, "10000", "A. Serikova", "act 118"],
        ["2026-02-01 09:00", "42", "was reset", *levels, None, "A. Serikova", "act 118"],
    ]


def test_revisions_are_told_with_both_polls_and_their_cause() -> None:
    absent = REVISION.model_copy(update={"value": None, "cause": Cause.READ})
    told = rows(drawn(found(revisions=[REVISION, absent])), "Revised values")
    where = ["2026-02-01 09:00", "42", "Hour archive"]
    assert told == [
        [*where, "85.98", str(POLL), str(NEWER), "taken out of quarantine"],
        [*where, "no value", str(POLL), str(NEWER), "read anew"],
    ]


def test_an_annulled_act_is_told_with_its_reason() -> None:
    annulled = ACT.model_copy(update={"number": "АД-11", "annulled_because": "wrong meter"})
    told = rows(drawn(found(acts=[annulled, ACT])), "Acts")
    assert [(row[0], row[1], row[-1]) for row in told] == [
        ("АД-11", "admission", "annulled: wrong meter"),
        ("АД-12", "admission", "in force"),
    ]


def test_a_reading_names_its_poll_and_frame_on_the_sheet() -> None:
    at = "2026-01-01T00:00:00Z"
    sources: list[dict[str, Any]] = [
        {"at": at, "value": "1", "poll_id": str(NEWER), "frame": 2},
        {"at": at, "value": "2", "poll_id": None, "frame": 0},
        {"at": at, "value": "3", "poll_id": "01890a5d-ac96-774b-bcce-b302099a8059", "frame": 2},
    ]
    sheet = drawn(found(sources, polls=[origin(POLL), origin(NEWER)]))
    told = rows(sheet, "Opening register, 42")
    assert [row[list(READINGS).index("origin")] for row in told] == ["2 / 2", None, None]
    assert section(sheet, "Poll 2, 2026-02-01 09:00:00").fields[0].value.value == str(NEWER)


@pytest.mark.parametrize(("count", "told"), [(MOST_ROWS, None), (MOST_ROWS + 3, 3)])
def test_rows_that_are_left_out_are_told(count: int, told: int | None) -> None:
    hours = [NOW + timedelta(hours=number) for number in range(count)]
    sources = [{"at": f"{at}", "value": "1"} for at in hours]
    revisions = [REVISION.model_copy(update={"slot_start": at}) for at in hours]
    sheet = drawn(found(sources, revisions=revisions))
    for heading in ("Opening register, 42", "Revised values"):
        assert len(rows(sheet, heading)) == MOST_ROWS
        sentence = f"Rows left out here: {told}; the answer as JSON has them."
        assert section(sheet, heading).paragraphs == ((sentence,) if told else ())


def test_decisions_that_the_answer_itself_leaves_out_are_told() -> None:
    sheet = drawn(found(revisions=[REVISION], revisions_left_out=9))
    told = section(sheet, "Revised values").paragraphs
    assert told == ("Older rows that the answer as JSON leaves out as well: 9.",)


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ({"source": "total"}, "total"),
        ({"source": "snapshot"}, "current value"),
        ({"source": "whatsapp"}, "by WhatsApp"),
        ({"kind": "day", "slot": {"start": "2026-01-01T00:00:00Z"}}, "day record"),
    ],
    ids=["register", "snapshot", "report", "record"],
)
def test_how_a_level_became_known_is_told_in_words(source: dict[str, Any], word: str) -> None:
    sheet = drawn(found([{"at": "2026-01-01T00:00:00Z", "value": "1"} | source]))
    (told,) = rows(sheet, "Opening register, 42")
    assert told[list(READINGS).index("source")] == word
    fields = {one.label: one.value.value for one in section(sheet, "Opening register, 42").fields}
    assert fields["Known by"] == "the meter's register at the boundary"
    assert {one.label: one.value.value for one in sheet.fields}["Status"] == (
        "calculated from hour or day records"
    )


def test_polls_that_are_left_out_are_told() -> None:
    sheet = drawn(found(polls=[origin(POLL)], polls_left_out=7))
    assert "Polls left out here: 7" in section(sheet, "More polls").paragraphs[0]
    assert not [one for one in drawn(found(polls=[origin(POLL)])).sections if one.heading == "More polls"]


def test_nothing_decided_is_no_section() -> None:
    assert [one.heading for one in drawn(found()).sections] == ["Opening register, 42"]


def test_the_page_and_the_paper_have_it_all() -> None:
    annulled = ACT.model_copy(update={"annulled_because": "<wrong> meter"})
    sheet = drawn(found(events=[ROLLOVER], revisions=[REVISION], acts=[annulled], polls=[origin(POLL)]))
    page = sheet_page(sheet)
    for text in ("annulled: &lt;wrong&gt; meter", "ran over", "9999.9", "act 118", str(NEWER), "E5"):
        assert text in page
    assert pdf(sheet).startswith(b"%PDF-")
