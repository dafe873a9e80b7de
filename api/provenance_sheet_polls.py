"""The conversations that brought a line's readings, on paper: a section for each poll and each frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from api.provenance import DecisionOut, ExplainedFrame, PollOriginOut, ProvenanceOut
from api.provenance_sheet_tables import bounded, stored
from metering.outcomes import Translate
from metering.polls import Direction
from reports.sheet import Cell, Column, Format, Row, Section

BYTES: Final = {"Offset": 8, "Bytes": 30, "Meaning": 50}
"""Labels of columns, with their widths."""
DIRECTIONS: Final = {Direction.SENT: "sent", Direction.RECEIVED: "received"}


def polls(found: ProvenanceOut, translate: Translate) -> Iterator[Section]:
    """Every poll that is told, numbered from 1; then how many are not."""
    for number, poll in enumerate(found.polls, start=1):
        yield _poll(number, poll, translate)
        yield from (_frame(frame, translate) for frame in poll.frames)
    if found.polls_left_out:
        sentence = translate("Polls left out here: {count}; those of the boundaries are shown first.")
        yield Section(translate("More polls"), (sentence.format(count=found.polls_left_out),))


def _poll(number: int, poll: PollOriginOut, translate: Translate) -> Section:
    fields = (
        stored(translate("Poll"), poll.poll_id),
        stored(translate("Meter"), f"{poll.serial} ({poll.model})"),
        stored(translate("Version"), poll.version),
        stored(translate("Collector"), poll.collector),
    )
    held = (_held(poll.held, translate),) if poll.held else ()
    return Section(f"{translate('Poll')} {number}, {poll.started_at:%Y-%m-%d %H:%M:%S}", held, fields)


def _held(held: DecisionOut, translate: Translate) -> str:
    sentence = translate("Held ({reason}), {state} by {by}: {note}")
    return sentence.format(reason=held.reason, state=held.state, by=held.decided_by or "", note=held.note)


def _frame(frame: ExplainedFrame, translate: Translate) -> Section:
    heading = translate("Frame {number}, {direction}").format(
        number=frame.number, direction=translate(DIRECTIONS[frame.direction])
    )
    if not frame.parts:
        return Section(heading, (frame.hex,))
    columns = (Column(translate(label), format=Format.CODE, width=width) for label, width in BYTES.items())
    rows = [Row((Cell(str(one.offset)), Cell(one.hex), Cell(one.meaning))) for one in frame.parts]
    return bounded(heading, columns, rows, translate)
