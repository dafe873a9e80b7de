"""Why a line could not be opened, in the operator's words."""

from __future__ import annotations

import errno
import socket
from typing import Final

from metering.errors import LineBusy, LineError, LineUnavailable

NOT_SERIAL: Final = (errno.ENOTTY, errno.EISDIR)

CAUSES: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (
        ConnectionRefusedError,
        "the host is there, but nothing listens on this port: check the port number and that the gateway is "
        "a TCP server",
    ),
    (
        socket.gaierror,
        "the host name is not known: check its spelling and the name server, or use the address",
    ),
    (
        TimeoutError,
        "it does not answer: check the gateway's power, its network and a firewall in between",
    ),
    (FileNotFoundError, "there is no such device: check that the adapter is plugged in and its path"),
    (
        PermissionError,
        "this user may not open it: give the user the group of the device (often dialout)",
    ),
    (ConnectionError, "the gateway hung up while the line was being opened: is it in use by somebody else?"),
    (OSError, "the operating system refused: check the device or the network"),
)
UNKNOWN: Final = "it refuses these settings: check the baud rate, the parity and the device"


def unopened(description: str, error: BaseException) -> LineError:
    """The error of our tree for a line that did not open."""
    if isinstance(error, OSError) and error.errno == errno.EBUSY:
        return LineBusy(f"{description} is held by another program: stop that program, or wait for it.")
    said = str(error) or type(error).__name__
    return LineUnavailable(f"{description} cannot be opened: {_cause(error)}. ({said})")


def _cause(error: BaseException) -> str:
    if isinstance(error, OSError) and error.errno in NOT_SERIAL:
        return "this path is not a serial device"
    return next((words for kind, words in CAUSES if isinstance(error, kind)), UNKNOWN)
