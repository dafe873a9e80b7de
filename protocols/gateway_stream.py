"""The stream between a gateway and us: heartbeats and packets outside, the meter's bytes inside."""

from __future__ import annotations

from collections.abc import Sequence

from protocols.gateways.greeting import HelloKind


class GatewayStream:
    """One connection's both directions. Call quiet() at every pause."""

    def __init__(
        self,
        kind: HelloKind,
        *,
        encapsulated: bool = False,
        heartbeats: Sequence[tuple[bytes, bytes]] = (),
        prefix: bytes = b"",
    ) -> None:
        self.heartbeats = 0

    @property
    def pending(self) -> bool:
        """Whether quiet() would release bytes."""
        return False

    def hear(self, data: bytes) -> bytes:
        """The meter's bytes among these."""
        return data

    def quiet(self) -> bytes:
        """Nothing followed for a while: what was held back is the meter's after all."""
        return b""

    def wrap(self, payload: bytes) -> bytes:
        """What must be sent for these bytes."""
        return payload

    def answers(self) -> bytes:
        """What the heartbeats heard since the last call want as their answer."""
        return b""
