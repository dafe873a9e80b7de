"""A serial line: a device of this computer, or a serial server that speaks RFC 2217."""

from __future__ import annotations

import asyncio
from typing import ClassVar

import serialx

from collector.links.arrivals import Arrivals
from collector.links.stream import StreamLink


class SerialLink(StreamLink):
    """Eight data bits. `device` is a path, or rfc2217://host:port; `stop` counts stop bits.

    A local port is locked against other programs that ask for the lock.
    """

    foreign: ClassVar[tuple[type[Exception], ...]] = (OSError, serialx.SerialException)

    def __init__(self, description: str, device: str, *, baud: int, parity: str, stop: int) -> None:
        super().__init__(description)
        self._device = device
        self._baud = baud
        self._parity = parity
        self._stop = stop

    async def _connect(self, arrivals: Arrivals) -> asyncio.Transport:
        transport, _ = await serialx.create_serial_connection(
            asyncio.get_running_loop(),
            lambda: arrivals,
            self._device,
            self._baud,
            parity=serialx.Parity(self._parity),
            stopbits=serialx.StopBits(self._stop),
        )
        return transport

    async def retune(self, baud: int, parity: str) -> None:
        with self._turn():
            transport = self._open_transport()
            assert isinstance(transport, serialx.BaseSerialTransport)
            try:
                async with asyncio.timeout(5.0):
                    await transport.reconfigure_port(baudrate=baud, parity=parity)
            except self.foreign as error:
                raise self._lost(error) from error
