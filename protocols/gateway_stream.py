"""The stream between a gateway and us: heartbeats and packets outside, the meter's bytes inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from protocols.gateways.encapsulation import Encapsulation
from protocols.gateways.greeting import HelloKind
from protocols.gateways.heartbeats import HeartbeatFilter
from protocols.gateways.irz_packets import KEEP_ALIVE, Packet, PacketType

KNOWN_HEARTBEATS: Final[Mapping[HelloKind, Mapping[bytes, bytes]]] = {
    HelloKind.IRZ: {KEEP_ALIVE: b"", Packet(PacketType.KEEP_ALIVE, KEEP_ALIVE).encode(): b""},
}
"""What a kind of gateway sends while idle, and the answer it wants; of the others the line's URL tells."""


class GatewayStream:
    """One connection, after its hello.

    Whoever reads the connection calls quiet() at every pause, pending or not: a burst begins behind a pause,
    and a short heartbeat is known only at a burst's beginning. No byte of a meter is lost, doubled or put in
    another place; `heartbeats` counts those that were heard.
    """

    def __init__(
        self,
        kind: HelloKind,
        *,
        encapsulated: bool = False,
        heartbeats: Sequence[tuple[bytes, bytes]] = (),
        prefix: bytes = b"",
    ) -> None:
        self._encapsulation = Encapsulation() if encapsulated else None
        self._filter = HeartbeatFilter({**KNOWN_HEARTBEATS.get(kind, {}), **dict(heartbeats)}, prefix)

    @property
    def heartbeats(self) -> int:
        """How many were heard."""
        return self._filter.count + (self._encapsulation.keep_alives if self._encapsulation else 0)

    @property
    def pending(self) -> bool:
        """Whether bytes are held back that quiet() would pass on."""
        return self._filter.pending or (self._encapsulation is not None and self._encapsulation.pending)

    def hear(self, data: bytes) -> bytes:
        """The meter's bytes in what was read; those that may begin a heartbeat are held back."""
        return self._filter.hear(self._encapsulation.unwrap(data) if self._encapsulation else data)

    def quiet(self) -> bytes:
        """Nothing followed for a while: what was held back is the meter's; the next bytes begin a burst."""
        outside = self._encapsulation.quiet() if self._encapsulation else b""
        return self._filter.hear(outside) + self._filter.quiet()

    def wrap(self, payload: bytes) -> bytes:
        """What must be sent so that the meter receives these bytes."""
        return self._encapsulation.wrap(payload) if self._encapsulation else payload

    def answers(self) -> bytes:
        """What the heartbeats heard since the last call want as their answer."""
        return self._filter.answers()
