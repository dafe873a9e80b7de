"""What a person is told of a question that nobody answered, or not in a way that could be believed."""

from __future__ import annotations

from collections.abc import Sequence

from collector.attempt import Attempt
from collector.links.heard import hexadecimal, likeness
from metering.errors import ExchangeError, FrameError, NoResponse


def unanswered(line: str, request: bytes, failed: Sequence[Attempt], timeout: float) -> ExchangeError:
    """NoResponse: silence, or nothing but echo; FrameError: bytes that are no reply. `timeout` in seconds."""
    asked = f"{line}: no answer to {hexadecimal(request)} in {len(failed)} attempts of {timeout:g} s"
    strangest = max(failed, key=lambda attempt: len(attempt.body))
    if strangest.body:
        return FrameError(f"{asked}; what came, {strange(strangest)}.")
    if any(attempt.heard for attempt in failed):
        return NoResponse(
            f"{asked}; only echo was heard: the converter echoes and the meter is silent. Check the "
            "meter's address and power, and the wiring behind the converter."
        )
    return NoResponse(
        f"{asked}: the meter is silent. Check its address, its power, the baud rate and the wiring; when "
        "every meter of this line is silent, restart the gateway."
    )


def strange(attempt: Attempt) -> str:
    """What was heard, and what it looks like."""
    return f"{hexadecimal(attempt.body)}, {likeness(attempt.body)}"


def doubtful(line: str, request: bytes) -> ExchangeError:
    """An answer came that may be an earlier question's."""
    return FrameError(
        f"{line}: what answered {hexadecimal(request)} may answer an earlier question, late, and is not "
        "believed. Give this slow line a longer time-out."
    )
