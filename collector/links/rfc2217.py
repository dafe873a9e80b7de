"""A serial line behind a serial server that speaks RFC 2217: its speed and parity are ours to set."""

from __future__ import annotations

from typing import ClassVar

import serialx
from serialx.platforms.serial_rfc2217 import RFC2217SerialTransport
from serialx.platforms.serial_rfc2217.types import (
    Rfc2217Command,
    SetLinestateMaskCmd,
    SetModemstateMaskCmd,
)

from collector.links.serial_port import SerialLink


class _MasklessTransport(RFC2217SerialTransport):
    """Leaves out the masks of line and modem state: nobody here reads these states, and servers built on
    pyserial's PortManager never acknowledge a mask, so that opening would wait in vain."""

    async def _send_and_wait(self, cmd: Rfc2217Command) -> Rfc2217Command:
        if isinstance(cmd, SetModemstateMaskCmd | SetLinestateMaskCmd):
            return cmd
        return await super()._send_and_wait(cmd)


class Rfc2217Link(SerialLink):
    """`device` is rfc2217://host:port."""

    transport: ClassVar[type[serialx.BaseSerialTransport] | None] = _MasklessTransport
