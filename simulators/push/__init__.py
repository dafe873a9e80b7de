"""Gateways that publish readings, with the faults that they have in the field."""

from __future__ import annotations

from simulators.push.rounds import Published, messages
from simulators.push.senders import SENDERS

__all__ = ["SENDERS", "Published", "messages"]
