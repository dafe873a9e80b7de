"""What a survey makes of a modem that does not answer, and of one that will not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from collector.survey import SurveyPlan, take_samples
from metering.errors import (
    AccessDenied,
    DecodeError,
    FrameError,
    LineLost,
    NoResponse,
    NotSupported,
    TeploError,
)
from metering.signals import SignalReport

NOW = datetime(2026, 1, 20, 10, tzinfo=UTC)
HEARD = SignalReport("CSQ 17,99", Decimal(-79))


def modem(*answers: SignalReport | TeploError) -> Callable[[], Awaitable[SignalReport]]:
    """Asked for its signal, it says one after another."""
    left = list(answers)

    async def ask() -> SignalReport:
        answer = left.pop(0)
        if isinstance(answer, TeploError):
            raise answer
        return answer

    return ask


@pytest.mark.parametrize(
    "lost", [NoResponse(), FrameError(), DecodeError()], ids=lambda one: type(one).__name__
)
async def test_a_question_without_an_answer_is_a_lost_sample(lost: TeploError) -> None:
    samples = await take_samples(modem(HEARD, lost, HEARD), SurveyPlan(3, 0), lambda: NOW)
    assert [sample.report for sample in samples] == [HEARD, None, HEARD]


@pytest.mark.parametrize(
    "end",
    [
        AccessDenied("it wants a password first"),
        NotSupported("it does not know this command"),
        LineLost("cut"),
    ],
    ids=lambda one: type(one).__name__,
)
async def test_a_refusal_and_a_cut_end_the_survey_in_their_own_words(end: TeploError) -> None:
    told: list[object] = []
    with pytest.raises(type(end), match=str(end)):
        await take_samples(modem(HEARD, end), SurveyPlan(20, 0), lambda: NOW, told.append)
    assert len(told) == 1
