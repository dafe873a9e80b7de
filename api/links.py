"""The addresses under which one answer points to another."""

from __future__ import annotations

from typing import Final
from uuid import UUID

PREFIX: Final = "/api/v1"


def meter_link(meter_id: int) -> str:
    """Where a meter is found."""
    return f"{PREFIX}/meters/{meter_id}"


def usage_point_link(usage_point_id: int) -> str:
    """Where a usage point is found."""
    return f"{PREFIX}/usage-points/{usage_point_id}"


def poll_link(poll_id: UUID) -> str:
    """Where a poll is found."""
    return f"{PREFIX}/polls/{poll_id}"


def frames_link(poll_id: UUID) -> str:
    """Where the raw frames of a poll are found."""
    return f"{poll_link(poll_id)}/frames"
