"""What is said to a modem before and after a call: conversations made of those in `protocols.at_commands`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from metering.calls import CallResult
from metering.errors import CallFailed, ExchangeError, TeploError
from metering.modems import ModemIdentity
from metering.signals import SignalReport
from protocols import at_commands
from protocols.at_commands import ModemSettings
from protocols.conversation import Conversation

Remedy = Callable[[], Conversation[None]]

REFUSALS: Final = (CallFailed, ExchangeError)
"""How a modem fails that may still be spoken to; a port that is lost is none of them."""
STUCK: Final = frozenset({CallResult.MODEM_SILENT, CallResult.MODEM_ERROR})
"""What another opening of the port, or a reset, may mend."""
MENDED_BY_RESET: Final = STUCK | {CallResult.NOT_REGISTERED}


@dataclass(frozen=True, slots=True)
class Readiness:
    """Who the modem is and how well it hears its network, just before it dials."""

    identity: ModemIdentity
    signal: SignalReport


def make_ready(settings: ModemSettings, *, registration: float, reset: bool) -> Conversation[Readiness]:
    """From whatever state to a modem that a network serves; CallFailed when that cannot be had.

    A call that a dead collector left standing is ended first. A modem that still hangs, refuses or finds no
    network is reset when `reset` says so. `registration`: seconds to wait for a network.
    """
    yield from _wake(reset=reset)
    try:
        return (yield from _prepare(settings, registration))
    except CallFailed as failure:
        if not reset or failure.result not in MENDED_BY_RESET:
            raise
    yield from at_commands.reset()
    return (yield from _prepare(settings, registration))


def end_call(*, online: bool) -> Conversation[None]:
    """Hangs up, by a reset when nothing else helps; then CallFailed says that the modem hung.

    `online`: as far as we know the call stands, and what we send goes to the meter.
    """
    ways = (_hang_up_online,) if online else (at_commands.hang_up, _hang_up_online)
    failure = yield from _first_that_helps(ways)
    if failure is not None:
        yield from _tolerated(at_commands.reset)
        raise CallFailed(
            f"The modem did not hang up and was reset ({failure}): check its power and cabling.",
            CallResult.MODEM_SILENT,
        )


def _wake(*, reset: bool) -> Conversation[None]:
    remedies: tuple[Remedy, ...] = (at_commands.probe, _leave_standing_call)
    silent = yield from _first_that_helps((*remedies, at_commands.reset) if reset else remedies)
    if silent is not None:
        raise silent


def _prepare(settings: ModemSettings, registration: float) -> Conversation[Readiness]:
    identity = yield from at_commands.initialise(settings)
    yield from at_commands.await_registration(registration)
    signal = yield from at_commands.signal()
    return Readiness(identity, signal)


def _leave_standing_call() -> Conversation[None]:
    yield from at_commands.escape()
    yield from at_commands.probe()
    yield from at_commands.hang_up()


def _hang_up_online() -> Conversation[None]:
    yield from at_commands.escape()
    yield from at_commands.hang_up()


def _first_that_helps(remedies: Sequence[Remedy]) -> Conversation[TeploError | None]:
    """The last one's failure; None as soon as one did not fail."""
    failure: TeploError | None = None
    for remedy in remedies:
        failure = yield from _tolerated(remedy)
        if failure is None:
            break
    return failure


def _tolerated(remedy: Remedy) -> Conversation[TeploError | None]:
    try:
        yield from remedy()
    except REFUSALS as failure:
        return failure
    return None
