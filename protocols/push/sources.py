"""Who pushes readings: one row per kind of sender, with the topics under which it publishes by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from protocols.push import kamstrup2mqtt, uplinks, wireless, wmbusmeters
from protocols.push.pushed import Message, Pushed

Decoder = Callable[[Message], Pushed | None]
"""What a message brings; None when it is not about readings. TeploError when it cannot be understood."""


@dataclass(frozen=True, slots=True)
class Source:
    """`topics`: the usual filter of its messages; a site may have another one."""

    title: str
    topics: str
    decode: Decoder


SOURCES: Final[Mapping[str, Source]] = MappingProxyType(
    {
        "wmbusmeters": Source("wmbusmeters, JSON", "wmbusmeters/+", wmbusmeters.decode),
        "kamstrup2mqtt": Source("kamstrup2mqtt, JSON", "kamstrup/+", kamstrup2mqtt.decode),
        "chirpstack": Source(
            "ChirpStack v4 with Elvaco CMi41xx modules",
            "application/+/device/+/event/up",
            uplinks.chirpstack,
        ),
        "things-stack": Source(
            "The Things Stack v3 with Elvaco CMi41xx modules", "v3/+/devices/+/up", uplinks.things_stack
        ),
        "wireless-m-bus": Source(
            "raw wireless M-Bus telegrams in hex, not encrypted",
            "rtl_433/+/devices/+/Wireless-MBus/+/data",
            wireless.decode,
        ),
    }
)
"""By the name that stands in a line's URL, `mqtt:<name>`."""
