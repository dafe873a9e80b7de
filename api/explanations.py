"""What the bytes of a frame mean, told by whoever puts it all together: the API knows no protocol."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import FastAPI, Request


@dataclass(frozen=True, slots=True)
class Part:
    """Some bytes of a frame, counted from `offset`, and what they mean."""

    offset: int
    data: bytes
    meaning: str


Explain = Callable[[str, bytes], Sequence[Part]]
"""By the meter's model and a whole frame; nothing when the frame is none of its protocol."""


def unexplained(model: str, frame: bytes) -> Sequence[Part]:
    """Nothing is known of any protocol."""
    return ()


def let_explain(app: FastAPI, explain: Explain) -> None:
    """From now on the application's frames are explained so."""
    app.state.explain = explain


def explain_of(request: Request) -> Explain:
    """A dependency: what explains frames here."""
    explain: Explain = getattr(request.app.state, "explain", unexplained)
    return explain
