"""The poll plan of meters for which nothing else is said."""

from __future__ import annotations

from dataclasses import replace

from metering.plans import PollPlan
from teplo.settings import Settings


def base_plan(settings: Settings, plan: PollPlan = PollPlan()) -> PollPlan:
    """The usual plan with what the environment says; settings in the database are laid over it."""
    return replace(
        plan,
        every=settings.poll_every,
        retry=settings.poll_retry,
        polls_per_day=None if settings.spare_batteries else 0,
    )
