"""What else speaks to an open port, in words for the list of modems that nobody knows."""

from __future__ import annotations

import re
from typing import Final

SHOWN: Final = 24
"""So many bytes tell an engineer enough."""

FOREIGN: Final = (
    (rb"(?:GET|POST|HEAD|PUT|OPTIONS|CONNECT|PRI|TRACE) ", "a web browser or a port scan (HTTP)"),
    (rb"\x16\x03[\x00-\x04]", "a TLS client on a port without TLS, or a port scan"),
    (rb"SSH-", "an SSH client or a port scan"),
    (rb"\x03\x00\x00", "a remote desktop client or a port scan (RDP)"),
    (rb"\x05[\x01-\x03]\x00|\x04\x01", "a SOCKS client or a port scan"),
    (rb"\x10.{1,2}\x00\x04MQTT", "an MQTT client"),
    (rb"\xff[\xfb-\xfe]", "a Telnet client or a port scan"),
    (rb"PROXY |\r\n\r\n\0\r\nQUIT\n", "a load balancer's PROXY header on a listener that expects none"),
)
METERS: Final = (
    (rb"\x68(.)\1\x68", "a meter's M-Bus frame without a hello of the modem"),
    (rb"\x10[\x40\x5a\x5b\x7a\x7b].", "an M-Bus request: perhaps another head-end"),
    (rb"\xe5", "a meter's M-Bus acknowledgement without a hello of the modem"),
    (rb"[\x01-\xf7][\x01-\x06\x0f\x10\x11\x41].{2,}", "a Modbus frame without a hello of the modem"),
    (rb"..\0\0\0.", "a Modbus TCP frame without a hello of the modem"),
)
OTHERS: Final = (
    (rb"AT\$IMEI=", "a login line of an iRZ modem that is not in its proper form"),
    (rb"\xc8\xca\xcb\xcc\xcd|\xb5\xbc\xbd\xbe\xbf", "an iRZ modem that did not log in first"),
    (rb"\xc0[^\xc2]+\xc2", "a Teleofis WRX frame that is damaged or no authorisation"),
    (rb"(?i:imei|iccid)", "an IMEI or ICCID that is not in its proper form"),
    (rb"\d{15}(?!\d)", "an IMEI whose check digit is wrong"),
    (rb"89\d{17,18}(?!\d)", "an ICCID whose check digit is wrong"),
    (rb"(?i:at|\r*\n?(?:ok|no carrier|error|ring))[\r\n+]", "a modem in command mode"),
    (rb"[ -~\r\n\t]+\Z", "a text that no pattern of this listener describes"),
    (rb"\0+\Z", "zeros: perhaps a heartbeat without a hello"),
)

_FOREIGN: Final = tuple((re.compile(pattern, re.DOTALL), words) for pattern, words in FOREIGN)
_ALL: Final = _FOREIGN + tuple((re.compile(pattern, re.DOTALL), words) for pattern, words in OTHERS + METERS)


def is_foreign(heard: bytes) -> bool:
    """Whether these bytes begin a protocol that no modem speaks."""
    return any(pattern.match(heard) for pattern, _ in _FOREIGN)


def looks_like(heard: bytes) -> str:
    """What these bytes look like, in words, with the first of them in hexadecimal."""
    words = next((words for pattern, words in _ALL if pattern.match(heard)), "nothing we know")
    dots = " ..." if len(heard) > SHOWN else ""
    return f"looks like {words}: {heard[:SHOWN].hex(' ').upper()}{dots}"
