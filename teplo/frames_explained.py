"""Frames explained for those who may not know protocols: by the family of the meter's model."""

from __future__ import annotations

from collections.abc import Sequence

from api.explanations import Part
from metering.errors import TeploError
from protocols import catalogue


def explained(model: str, frame: bytes) -> Sequence[Part]:
    """Every byte with its meaning; nothing when the model is unknown or the frame is none of its protocol."""
    family = next((one for one in catalogue.families().values() if model in one.models), None)
    if family is None:
        return ()
    try:
        return [Part(one.offset, one.data, one.meaning) for one in family.explain(frame)]
    except TeploError:
        return ()
