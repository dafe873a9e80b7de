"""Every vector file of every protocol: what is asked, what comes of it, at every split of every reply."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from metering.calendar import slot_at
from metering.errors import ProfileError
from metering.meters import MeterConfiguration, MeterIdentity
from metering.readings import ArchiveRecord, Gap, MeterValue, Snapshot
from protocols import catalogue
from protocols.modbus.messages import Framing
from protocols.playback import Played, begin, play
from protocols.vectors import Call, Expectation, ExpectedRecord, Vector, VectorConversation, load

FOLDER = Path(__file__).parent.parent / "vectors"
FILES = sorted(FOLDER.glob("*/*.toml"))
VECTORS = {file: load(file.read_text(encoding="utf-8"), file.name) for file in FILES}
CASES = [
    pytest.param(vector, conversation, id=f"{file.parent.name}/{file.stem}/{number}-{conversation.call}")
    for file, vector in VECTORS.items()
    for number, conversation in enumerate(vector.conversations, start=1)
]


def run(vector: Vector, conversation: VectorConversation, cut: int | None = None) -> Played[object]:
    driver = catalogue.driver(vector.model, framing=Framing.RTU, choices=vector.choices)
    return play(begin(driver, vector, conversation), conversation.exchanges, cut)


@pytest.mark.parametrize(("vector", "conversation"), CASES)
def test_a_conversation_gives_what_its_source_says(vector: Vector, conversation: VectorConversation) -> None:
    played = run(vector, conversation)
    expect = conversation.expect
    check_result(played.result, conversation.call, expect)
    archive = {(each.kind, each.slot): each for each in played.delivered if not isinstance(each, Snapshot)}
    assert archive.keys() == {(each.kind, slot_at(each.kind, each.start)) for each in expect.records}
    for record in expect.records:
        check_record(record, archive[record.kind, slot_at(record.kind, record.start)])


@pytest.mark.parametrize(("vector", "conversation"), CASES)
def test_a_reply_may_be_split_anywhere(vector: Vector, conversation: VectorConversation) -> None:
    whole = run(vector, conversation)
    longest = max((len(each.receive or b"") for each in conversation.exchanges), default=0)
    for cut in range(longest):
        assert run(vector, conversation, cut) == whole, f"cut after {cut} bytes"


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_vector_is_named_after_its_model_and_names_its_source(file: Path) -> None:
    assert VECTORS[file].model == file.stem
    assert VECTORS[file].source.strip()


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_what_a_vector_expects_was_compared_with_its_source(file: Path) -> None:
    assert not VECTORS[file].unverified


def check_result(result: object, call: Call, expect: Expectation) -> None:
    if isinstance(result, MeterIdentity):
        for field, value in expect.identity.items():
            assert getattr(result, field) == value, field
    elif isinstance(result, MeterConfiguration):
        assert result.settings == expect.settings
    elif isinstance(result, Snapshot):
        assert result.meter_time == expect.meter_time
        check_values(expect.values, result.values)
        assert result.conditions == expect.conditions
    elif call is Call.READ_CLOCK:
        assert result == expect.meter_time


def check_record(expected: ExpectedRecord, delivered: ArchiveRecord | Gap) -> None:
    if isinstance(delivered, Gap):
        assert delivered.reason is expected.gap
    else:
        assert expected.gap is None
        check_values(expected.values, delivered.values)
        assert delivered.conditions == expected.conditions


def check_values(expected: tuple[MeterValue, ...], read: tuple[MeterValue, ...]) -> None:
    by_name = {(value.quantity, value.circuit): value for value in read}
    assert by_name == {(value.quantity, value.circuit): value for value in expected}


BAD: dict[str, dict[str, Any]] = {
    "unknown key": {"old": 'model = "m"', "new": 'model = "m"\nmodle = "n"', "says": "unknown key modle"},
    "no source": {"old": 'source = "s"', "new": "", "says": "'source' is missing"},
    "not hexadecimal": {"old": "10 40", "new": "10 4", "says": "not hexadecimal"},
    "unknown call": {"old": "identify", "new": "identfy", "says": "none of"},
    "unknown quantity": {"old": "volume", "new": "volumen", "says": "unknown quantity"},
    "not a number": {"old": '"1.5"', "new": '"1,5"', "says": "not a number"},
    "wrong type": {"old": '"1.5"', "new": "1.5", "says": "must be of type str"},
    "not TOML": {"old": "model =", "new": "model", "says": "not TOML"},
}
GOOD = """
model = "m"
source = "s"
address = "5"
[[conversation]]
call = "identify"
[[conversation.exchange]]
send = "10 40"
[conversation.expect]
[[conversation.expect.value]]
quantity = "volume"
value = "1.5"
unit = "m3"
"""


def test_a_vector_without_fault_is_read() -> None:
    vector = load(GOOD, "here")
    assert vector.conversations[0].exchanges[0].receive is None
    assert vector.conversations[0].expect.values[0].value == Decimal("1.5")


@pytest.mark.parametrize("case", BAD.values(), ids=BAD.keys())
def test_a_bad_vector_file_is_refused_with_its_place(case: dict[str, Any]) -> None:
    with pytest.raises(ProfileError, match=case["says"]) as caught:
        load(GOOD.replace(case["old"], case["new"]), "here")
    assert "here" in str(caught.value)
