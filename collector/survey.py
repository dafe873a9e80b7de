"""Taking the samples of a signal survey: evenly spaced looks at one modem."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from collector.poll import Clock
from metering.errors import ConfigurationError, DecodeError, ExchangeError
from metering.signals import SignalReport
from metering.surveys import Sample

MOST_SAMPLES: Final = 200
LONGEST_PAUSE: Final = 60.0

Ask = Callable[[], Awaitable[SignalReport]]
"""Asks the modem for its signal. Errors of the exchange lose a sample; the others end the survey."""


@dataclass(frozen=True, slots=True)
class SurveyPlan:
    """How many samples, and how many seconds lie between the beginnings of two."""

    samples: int = 20
    every: float = 3.0

    def __post_init__(self) -> None:
        if not 1 <= self.samples <= MOST_SAMPLES:
            raise ConfigurationError(f"A survey has 1 to {MOST_SAMPLES} samples, not {self.samples}.")
        if not 0 <= self.every <= LONGEST_PAUSE:
            raise ConfigurationError(f"Samples are 0 to {LONGEST_PAUSE:g} s apart, not {self.every:g}.")


async def take_samples(
    ask: Ask, plan: SurveyPlan, now: Clock, told: Callable[[Sample], None] = lambda sample: None
) -> list[Sample]:
    """The samples in order, each told as soon as it is taken.

    LineError when the modem itself is lost, MeterError when it refuses: it would refuse each time.
    """
    loop = asyncio.get_running_loop()
    begun, samples = loop.time(), list[Sample]()
    for number in range(plan.samples):
        await asyncio.sleep(max(0.0, begun + number * plan.every - loop.time()))
        samples.append(await _sample(ask, now))
        told(samples[-1])
    return samples


async def _sample(ask: Ask, now: Clock) -> Sample:
    at = now()
    try:
        return Sample(at, await ask())
    except (ExchangeError, DecodeError):
        return Sample(at, None)
