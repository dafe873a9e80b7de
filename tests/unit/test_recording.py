"""A recorded conversation replays: in the offline test, in the simulator, and without its serial number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from metering.errors import DecodeError
from protocols import catalogue
from protocols.driver import Driver
from protocols.masking import masked
from protocols.playback import begin, play
from protocols.recording import RecordingDriver
from protocols.vector_text import vector_text
from protocols.vectors import Vector, load
from simulators.replay import ReplayMeter
from tests.unit.test_vector_files import VECTORS

FAMILIES = catalogue.families()
NAMED = [
    pytest.param(file, vector, id=f"{file.parent.name}/{file.stem}")
    for file, vector in VECTORS.items()
    if any(conversation.expect.identity.get("serial") for conversation in vector.conversations)
]


def made(vector: Vector) -> Callable[[], Driver]:
    return partial(catalogue.driver, vector.model, choices=vector.choices)


def recorded(vector: Vector) -> Vector:
    """What a recording driver writes down of this transcript."""
    driver = RecordingDriver(made(vector))
    for conversation in vector.conversations:
        play(begin(driver, vector, conversation), conversation.exchanges)
    return replace(vector, conversations=tuple(driver.conversations), unverified=True)


def serial_of(vector: Vector) -> str:
    said = (conversation.expect.identity.get("serial") for conversation in vector.conversations)
    return next(serial for serial in said if serial)


@pytest.mark.parametrize(("file", "vector"), NAMED)
def test_a_recording_is_the_transcript_and_reads_back_as_it_was_written(file: Path, vector: Vector) -> None:
    again = recorded(vector)
    assert [one.exchanges for one in again.conversations] == [one.exchanges for one in vector.conversations]
    assert load(vector_text(again), file.name) == again
    assert ReplayMeter(again).serial == serial_of(vector)


@pytest.mark.parametrize(("file", "vector"), NAMED)
def test_a_masked_recording_says_another_serial_and_nothing_else_changes(file: Path, vector: Vector) -> None:
    original, serial = recorded(vector), serial_of(vector)
    try:
        without = masked(original, serial, FAMILIES[file.parent.name], made(vector))
    except DecodeError as refused:
        assert "Nothing was written" in str(refused) or "nothing is masked" in str(refused)
        return
    assert serial not in vector_text(without)
    for before, after in zip(original.conversations, without.conversations, strict=True):
        assert after.expect.values == before.expect.values
        assert after.expect.records == before.expect.records


def test_most_makes_can_be_masked() -> None:
    refused = []
    for file, vector in VECTORS.items():
        if not any(one.expect.identity.get("serial") for one in vector.conversations):
            continue
        try:
            masked(recorded(vector), serial_of(vector), FAMILIES[file.parent.name], made(vector))
        except DecodeError as error:
            refused.append(f"{file.parent.name}/{file.stem}: {error}")
    assert len(refused) <= len(VECTORS) // 10, "\n".join(refused)
