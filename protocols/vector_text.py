"""A vector as the text of its file: what protocols.vectors.load reads back is the same vector."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from metering.conditions import Condition
from metering.readings import MeterValue
from protocols.vectors import Call, Expectation, ExpectedRecord, Vector, VectorConversation, VectorExchange


def vector_text(vector: Vector) -> str:
    """The file's text, in TOML."""
    return "\n".join(_vector(vector)) + "\n"


def _vector(vector: Vector) -> Iterator[str]:
    yield f"model = {_quoted(vector.model)}"
    yield f"source = {_quoted(vector.source)}"
    yield f"address = {_quoted(vector.address)}"
    if vector.unverified:
        yield "unverified = true"
    if vector.choices:
        yield "choices = " + _table(vector.choices)
    for conversation in vector.conversations:
        yield from _conversation(conversation)


def _conversation(conversation: VectorConversation) -> Iterator[str]:
    yield ""
    yield "[[conversation]]"
    yield f"call = {_quoted(conversation.call)}"
    if conversation.call is Call.READ_ARCHIVE and conversation.kind:
        yield f"kind = {_quoted(conversation.kind)}"
        yield f"starts = [{', '.join(start.isoformat() for start in conversation.starts)}]"
    for exchange in conversation.exchanges:
        yield from _exchange(exchange)
    yield from _expectation(conversation.expect)


def _exchange(exchange: VectorExchange) -> Iterator[str]:
    yield "[[conversation.exchange]]"
    yield f'send = "{exchange.send.hex(" ").upper()}"'
    if exchange.receive is not None:
        yield f'receive = "{exchange.receive.hex(" ").upper()}"'


def _expectation(expect: Expectation) -> Iterator[str]:
    yield "[conversation.expect]"
    yield from (f"{name} = {_quoted(word)}" for name, word in expect.identity.items())
    if expect.settings:
        yield "settings = " + _table(expect.settings)
    if expect.meter_time is not None:
        yield f"meter_time = {expect.meter_time.isoformat()}"
    yield from _conditions(expect.conditions)
    yield from _values("conversation.expect.value", expect.values)
    for record in expect.records:
        yield from _record(record)


def _record(record: ExpectedRecord) -> Iterator[str]:
    yield "[[conversation.expect.record]]"
    yield f"kind = {_quoted(record.kind)}"
    yield f"start = {record.start.isoformat()}"
    if record.gap is not None:
        yield f"gap = {_quoted(record.gap)}"
    yield from _conditions(record.conditions)
    yield from _values("conversation.expect.record.value", record.values)


def _conditions(conditions: Iterable[Condition]) -> Iterator[str]:
    written = sorted(map(str, conditions))
    if written:
        yield f"conditions = [{', '.join(map(_quoted, written))}]"


def _values(place: str, values: Iterable[MeterValue]) -> Iterator[str]:
    for value in values:
        yield f"[[{place}]]"
        yield f"quantity = {_quoted(value.quantity.name)}"
        yield f"unit = {_quoted(value.unit)}"
        if value.absence is not None:
            yield f"absent = {_quoted(value.absence)}"
        else:
            yield f"value = {_quoted(str(value.value))}"
        if value.circuit != 1:
            yield f"circuit = {value.circuit}"


def _table(words: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f"{_quoted(name)} = {_quoted(word)}" for name, word in words.items()) + " }"


def _quoted(text: str) -> str:
    """A basic string of TOML; JSON's escapes are among TOML's."""
    return json.dumps(str(text), ensure_ascii=False)
