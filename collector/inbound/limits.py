"""What an open port lets anybody do, and for how long."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Counts, bytes and seconds. A time has passed at the first sweep after it.

    `per_address` counts connections whose modem is not recognised (see `admission`). `farewell` is how long
    open links may go on after the listener was told to stop.
    """

    connections: int = 10_000
    per_address: int = 20
    strangers: int = 500
    stranger_reports: int = 100
    """Told in one sweep; more are only counted."""
    hello_size: int = 512
    unasked_size: int = 16_384
    """What a modem may send between two sweeps while no link is open, heartbeats included."""
    heartbeats: int = 1000
    """Between two sweeps."""
    strange_size: int = 4096
    """What a stranger may send behind the hello."""
    header_time: float = 5.0
    handshake_time: float = 10.0
    hello_time: float = 10.0
    hello_pause: float = 1.0
    """After so long a silence, a hello that could be longer is taken as it is."""
    probe_after: float = 3.0
    strange_time: float = 60.0
    settling: float = 0.5
    """Nothing is asked so soon after the hello, or after another conversation: what comes then is dropped."""
    quiet: float = 0.3
    """After so long a silence, what looked like the beginning of a heartbeat was payload."""
    silence: float = 300.0
    """Where the line's URL names none."""
    farewell: float = 60.0
    sweep: float = 1.0
