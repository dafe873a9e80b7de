"""A conversation of a driver with somebody who lies, to its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from metering.errors import TeploError
from metering.readings import ArchiveRecord, MeterValue, Snapshot
from metering.units import convert
from protocols.conversation import Conversation, Deliver, Step

Answer = Callable[[Conversation[object], Step], Step]
"""Answers a step, and gives the next one."""


class Endless(AssertionError):
    """The driver asked more than any conversation may."""


def ended(conversation: Conversation[object], answered: Answer, most: int) -> str:
    """`read`, or the name of our error that ended it; every value that came out can be converted."""
    delivered: list[object] = []
    try:
        step = next(conversation)
        for _ in range(most):
            if isinstance(step, Deliver):
                delivered.extend(step.records)
            step = answered(conversation, step)
    except StopIteration as end:
        _convert([*delivered, end.value])
        return "read"
    except TeploError as error:
        return type(error).__name__
    raise Endless(f"more than {most} steps")


def _convert(results: Sequence[object]) -> None:
    for result in results:
        values: tuple[MeterValue, ...] = getattr(result, "values", ())
        for value in values if isinstance(result, (ArchiveRecord, Snapshot)) else ():
            if value.value is not None:
                convert(value.value, value.unit, value.quantity)
