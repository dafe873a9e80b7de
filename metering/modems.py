"""Who a modem is, as it says itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModemIdentity:
    """What the modem did not say is "". `iccid` is the SIM card's number, `imsi` the subscriber's."""

    imei: str = ""
    iccid: str = ""
    imsi: str = ""
    maker: str = ""
    model: str = ""
    firmware: str = ""
    phone: str = ""
