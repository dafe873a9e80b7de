"""Archives that keep levels: what registers gained between two records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from metering.quantities import Behaviour
from metering.readings import Absence, MeterValue


def amounts(closing: Iterable[MeterValue], opening: Iterable[MeterValue]) -> tuple[MeterValue, ...]:
    """Registers become what they gained since `opening`; what is measured stays as `closing` has it.

    A level that is not known before, or that fell since (a reset), leaves nothing to count by: NO_DATA.
    """
    return tuple(_gained(closing, opening))


def registers(values: Iterable[MeterValue]) -> tuple[MeterValue, ...]:
    """The registers alone: what a total record holds."""
    return tuple(value for value in values if value.quantity.behaviour is Behaviour.REGISTER)


def _gained(closing: Iterable[MeterValue], opening: Iterable[MeterValue]) -> Iterator[MeterValue]:
    before = {(level.quantity, level.circuit, level.unit): level.value for level in opening}
    for level in closing:
        start = before.get((level.quantity, level.circuit, level.unit))
        if level.quantity.behaviour is not Behaviour.REGISTER or level.value is None:
            yield level
        elif start is None or level.value < start:
            yield replace(level, value=None, absence=Absence.NO_DATA)
        else:
            yield replace(level, value=level.value - start)
