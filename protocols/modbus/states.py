"""Status words, error codes and counters of abnormal minutes as conditions, by the tables of a profile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from metering.conditions import Condition, ConditionName, of_bits
from protocols.modbus.values import ByteLayout, decode, size_of

BytesAt = Callable[[int, int], bytes]
"""`size` bytes at a place: called with the place and the size."""


@dataclass(frozen=True, slots=True)
class Meanings:
    """What a word says: by its `bits`, as one of `codes`, or by being anything but zero.

    None: nothing is reported. What is not listed is UNKNOWN, named after `what`.
    """

    what: str
    bits: Mapping[int, Condition | None] | None = None
    codes: Mapping[int, Condition | None] = field(default_factory=dict)
    nonzero: Condition | None = None

    def of(self, number: int) -> frozenset[Condition]:
        """The conditions that this number reports."""
        if self.nonzero:
            return frozenset({self.nonzero} if number else ())
        if self.bits is not None:
            return of_bits(number, self.bits, self.what)
        unknown = Condition(ConditionName.UNKNOWN, code=f"{self.what} {number}")
        found = self.codes.get(number, unknown if number else None)
        return frozenset(() if found is None else (found,))


@dataclass(frozen=True, slots=True)
class StateWord:
    """Where a word lies; `step` is the distance to the same word of the next circuit, as in a Value."""

    at: int
    type: str
    layout: ByteLayout
    meanings: Meanings
    step: int = 0

    @property
    def size(self) -> int:
        """Bytes of the word."""
        return size_of(self.type)

    def place(self, circuit: int) -> int:
        """Where the word of this circuit lies."""
        return self.at + self.step * (circuit - 1)


def conditions_at(
    words: Iterable[StateWord], circuits: Callable[[StateWord], range], bytes_at: BytesAt
) -> frozenset[Condition]:
    """What all these words report; a word of one circuit speaks for that circuit."""
    return frozenset(
        condition if not word.step else of_circuit(condition, circuit)
        for word in words
        for circuit in circuits(word)
        for condition in _of(word, bytes_at(word.place(circuit), word.size))
    )


def of_circuit(condition: Condition, circuit: int) -> Condition:
    """The same condition of this circuit, unless it names one itself."""
    return condition if condition.circuit else replace(condition, circuit=circuit)


def _of(word: StateWord, data: bytes) -> Iterator[Condition]:
    number = decode(word.type, data, word.layout)
    yield from word.meanings.of(int(number)) if number is not None else ()
