"""What every family's `explain` owes: each byte once and in words, or our own refusal."""

from __future__ import annotations

from contextlib import suppress

from metering.errors import FrameError
from protocols.family import Family


def explained_whole(family: Family, frame: bytes) -> None:
    explained = family.explain(frame)
    assert b"".join(one.data for one in explained) == frame
    assert all(one.meaning for one in explained)


def explained_or_refused(family: Family, octets: bytes) -> None:
    with suppress(FrameError):
        explained_whole(family, octets)
