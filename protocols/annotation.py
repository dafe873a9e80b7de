"""A frame in words: what `teplo explain` prints of any protocol."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Part = tuple[int, str]
"""So many bytes, and what they mean."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """Some neighbouring bytes of a frame and what they mean; `offset` counts from the frame's first byte."""

    offset: int
    data: bytes
    meaning: str


def annotated(frame: bytes, parts: Iterable[Part]) -> list[Annotation]:
    """Annotations for parts that stand one behind the other from the first byte; empty parts are left out."""
    annotations, offset = [], 0
    for size, meaning in parts:
        if size:
            annotations.append(Annotation(offset, frame[offset : offset + size], meaning))
        offset += size
    return annotations
