"""When a device of the M4 bus listens: woken by FF, spoken to by its number, asleep after silence."""

from __future__ import annotations

from collections.abc import Callable

from protocols.vendor.logika_m4.frames import ANYBODY


class Attention:
    """One device's. `slow`: seconds between the run of FF and a session request that it can hear.

    `patience`: seconds of silence after which a session is over.
    """

    def __init__(
        self, network: int, elapsed: Callable[[], float], slow: float = 0.0, patience: float = 60.0
    ) -> None:
        self._network = network
        self._elapsed = elapsed
        self._slow = slow
        self._patience = patience
        self._woken_at: float | None = None
        self._heard_at: float | None = None

    def wake(self) -> None:
        """A run of FF was heard."""
        self._woken_at = self._elapsed()

    def is_meant(self, network: int) -> bool:
        """Whether a frame for this number is for this device."""
        return network in (self._network, ANYBODY)

    def begin(self, network: int) -> bool:
        """Whether the device hears a session request; one for another number puts it to sleep."""
        now = self._elapsed()
        if not self.is_meant(network):
            self._woken_at = self._heard_at = None
            return False
        awake = self._woken_at is not None and now - self._woken_at >= self._slow
        if awake or self.is_in_session():
            self._heard_at = now
            return True
        return False

    def is_in_session(self) -> bool:
        """Whether the session goes on; what is heard in it prolongs it."""
        now = self._elapsed()
        if self._heard_at is None or now - self._heard_at > self._patience:
            self._heard_at = None
            return False
        self._heard_at = now
        return True
