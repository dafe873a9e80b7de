"""Questions to the gateway itself: how well does it hear its network, and which SIM card does it hold?"""

from __future__ import annotations

from metering.signals import SignalReport
from protocols.conversation import Conversation
from protocols.gateways.greeting import HelloKind


def read_signal(
    kind: HelloKind, encapsulated: bool, *, service: bool = False
) -> Conversation[SignalReport] | None:
    """The gateway's signal; None where it cannot be asked."""
    return None


def read_sim(kind: HelloKind, encapsulated: bool) -> Conversation[str] | None:
    """The ICCID of the gateway's SIM card; None where it cannot be asked."""
    return None
