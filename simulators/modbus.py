"""Serves simulated Modbus meters by pymodbus's own server: RTU or ASCII over TCP, or Modbus TCP.

Several units share one port, as on one RS-485 line; a unit that nobody has stays silent.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Final, cast

from pymodbus.datastore import ModbusServerContext
from pymodbus.exceptions import NoSuchIdException
from pymodbus.framer import FramerType
from pymodbus.pdu import ExceptionResponse, ModbusPDU
from pymodbus.server import ModbusTcpServer

from metering.errors import LineUnavailable
from protocols.modbus import function65
from protocols.modbus.messages import (
    READ_ARCHIVE,
    READ_HOLDING,
    READ_INPUT,
    REPORT_ID,
    WRITE_AND_READ,
    WRITE_MULTIPLE,
    Framing,
)
from simulators.modbus_meter import HEAD_OF_TWO_IN_ONE, ModbusMeter, Refused

__all__ = ["ModbusMeter", "serve_modbus"]


@asynccontextmanager
async def serve_modbus(
    meters: Iterable[ModbusMeter], framing: Framing, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[int]:
    """Serves these meters until the block ends; gives the port. LineUnavailable when it is taken."""
    server = ModbusTcpServer(
        _Units(meters),
        framer=_FRAMERS[framing],
        address=(host, port),
        ignore_missing_devices=True,
        custom_pdu=list(_QUESTIONS),
    )
    try:
        await server.serve_forever(background=True)
    except RuntimeError as error:
        raise LineUnavailable(f"Nobody can be served at {host}:{port}; is the port taken?") from error
    try:
        yield cast(asyncio.Server, server.transport).sockets[0].getsockname()[1]
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]


class _Units(ModbusServerContext):
    """The meters by unit, where pymodbus expects its data store."""

    def __init__(self, meters: Iterable[ModbusMeter]) -> None:
        self.meters: Mapping[int, ModbusMeter] = {int(meter.address): meter for meter in meters}
        self.simdevices = []
        self.old_simulator = True  # pymodbus then takes this object as it is

    def answer(self, unit: int, function: int, data: bytes) -> ModbusPDU:
        """The reply PDU of a unit; no unit, no reply."""
        if unit not in self.meters:
            raise NoSuchIdException(f"no unit {unit}")
        try:
            return _Answer(function, self.meters[unit].answer(function, data))
        except Refused as refusal:
            return ExceptionResponse(function, refusal.code)


class _Answer(ModbusPDU):
    def __init__(self, function: int, data: bytes) -> None:
        super().__init__()
        self.function_code = function
        self._data = data

    def encode(self) -> bytes:
        return self._data


class _Question(ModbusPDU):
    """Any request: its data go to the meter as they came."""

    data = b""

    def decode(self, data: bytes) -> None:
        self.data = data

    async def datastore_update(self, context: ModbusServerContext, device_id: int) -> ModbusPDU:
        return cast(_Units, context).answer(device_id, self.function_code, self.data)


class _ReadHolding(_Question):
    function_code = READ_HOLDING
    rtu_frame_size = 8


class _ReadInput(_Question):
    function_code = READ_INPUT
    rtu_frame_size = 8


class _WriteMultiple(_Question):
    function_code = WRITE_MULTIPLE
    rtu_byte_count_pos = 6


class _ReportId(_Question):
    function_code = REPORT_ID
    rtu_frame_size = 4


class _ReadArchive(_Question):
    function_code = READ_ARCHIVE

    @classmethod
    def calculateRtuFrameSize(cls, data: bytes) -> int:  # noqa: N802 - pymodbus asks by this name
        if len(data) < 7:
            return 0
        query = function65.INDEX_SIZE if data[6] == function65.BY_INDEX else function65.TIME_SIZE
        return 2 + query + 2


class _WriteAndRead(_Question):
    function_code = WRITE_AND_READ

    @classmethod
    def calculateRtuFrameSize(cls, data: bytes) -> int:  # noqa: N802 - pymodbus asks by this name
        if len(data) < 2 + HEAD_OF_TWO_IN_ONE:
            return 0
        return 2 + HEAD_OF_TWO_IN_ONE + int.from_bytes(data[10:12], "big") + 2


_QUESTIONS: Final = (_ReadHolding, _ReadInput, _WriteMultiple, _ReportId, _ReadArchive, _WriteAndRead)
_FRAMERS: Final[Mapping[Framing, FramerType]] = {
    Framing.RTU: FramerType.RTU,
    Framing.ASCII: FramerType.ASCII,
    Framing.TCP: FramerType.SOCKET,
}
