"""A serial line of this computer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

import serialx

from collector.links.arrivals import Arrivals
from collector.links.stream import StreamLink
from metering.errors import NotSupported

RETUNING: Final = 5.0
PSEUDO_TERMINALS: Final = "/dev/pts/"


@dataclass(frozen=True, slots=True)
class SerialSettings:
    """Parity is N, E or O; `stop` counts stop bits. There are always eight data bits."""

    baud: int
    parity: str
    stop: int


class SerialLink(StreamLink):
    """The port is locked against other programs that ask for the lock."""

    foreign: ClassVar[tuple[type[Exception], ...]] = (OSError, serialx.SerialException)
    transport: ClassVar[type[serialx.BaseSerialTransport] | None] = None
    """None: the one that serialx chooses for the device."""

    def __init__(self, description: str, device: str, settings: SerialSettings) -> None:
        super().__init__(description)
        self._device = device
        self._settings = settings
        self._pseudo = str(Path(device).resolve()).startswith(PSEUDO_TERMINALS)

    async def _connect(self, arrivals: Arrivals) -> asyncio.Transport:
        transport, _ = await serialx.create_serial_connection(
            asyncio.get_running_loop(),
            lambda: arrivals,
            self._device,
            self._settings.baud,
            parity=self._parity(self._settings.parity),
            stopbits=serialx.StopBits(self._settings.stop),
            transport_cls=self.transport,
        )
        return transport

    async def retune(self, baud: int, parity: str) -> None:
        with self._turn():
            transport = self._open_transport()
            assert isinstance(transport, serialx.BaseSerialTransport)
            try:
                async with asyncio.timeout(RETUNING):
                    await transport.reconfigure_port(baudrate=baud, parity=self._parity(parity))
            except serialx.UnsupportedSetting as error:
                raise NotSupported(
                    f"{self.description} cannot run at {baud} baud, parity {parity}."
                ) from error
            except self.foreign as error:
                raise self._lost(error) from error

    def _parity(self, parity: str) -> serialx.Parity:
        """A pseudo-terminal drops the parity bit, and the C library refuses a setting that does not stick."""
        return serialx.Parity.NONE if self._pseudo else serialx.Parity(parity)
