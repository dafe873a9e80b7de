"""iRZ ATM modems in client mode: the login line and its answer (gprs-gateways.md, 3.1)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from metering.modems import ModemIdentity
from metering.signals import SignalReport
from protocols.gateways.greeting import Doubt, Expected, Hello, HelloKind
from protocols.signal_codes import from_csq

START: Final = b"AT$IMEI="
LOGIN: Final = re.compile(rb"AT\$IMEI=(\d{15})((?:,[A-Z]{1,10}=[ -+\--~]{0,40}){0,30}),?\r?\n")
BIT_ERRORS_UNKNOWN: Final = 99
"""+CSQ's code; gateways state the level alone."""


def recognise(heard: bytes, paused: bool, expected: Expected) -> Hello | Doubt:
    """The login line; the check digit of its IMEI is not asked for, since the line is unmistakable."""
    login = LOGIN.match(heard)
    if login is None:
        begun = START.startswith(heard) or (heard.startswith(START) and b"\n" not in heard)
        return Doubt.MORE if begun else Doubt.OTHER
    fields = _fields(login[2].decode("ascii"))
    return Hello(
        HelloKind.IRZ,
        login[1].decode("ascii"),
        heard[login.end() :],
        encapsulated="COLPROT" in fields,
        report=_report(fields.get("CSQ", "")),
        modem=_modem(login[1].decode("ascii"), fields),
    )


def answer(meter_time: datetime) -> bytes:
    """Sets the modem's clock and asks for the meter's bytes; the modem accepts this one shape only."""
    return f"{meter_time:%Y%m%d%H%M%S},MOD=DAT,\r".encode("ascii")


def _fields(text: str) -> dict[str, str]:
    return dict(word.split("=", 1) for word in text.split(",") if word)


def _modem(imei: str, fields: dict[str, str]) -> ModemIdentity:
    firmware = ".".join(fields[name] for name in ("VER", "REV", "BLD") if fields.get(name))
    return ModemIdentity(imei=imei, maker="iRZ", model=fields.get("DEV", ""), firmware=firmware)


def _report(csq: str) -> SignalReport | None:
    return from_csq(int(csq), BIT_ERRORS_UNKNOWN) if re.fullmatch(r"[0-9]|[12][0-9]|3[01]|99", csq) else None
