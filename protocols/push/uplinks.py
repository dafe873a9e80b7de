"""LoRaWAN uplinks as network servers publish them: ChirpStack v4 and The Things Stack v3 (mqtt-wmbus.md 4.1).

A frame is known by its device, the device's session and the frame counter: however many gateways heard it,
it is one. The counter begins anew with every session.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from metering.errors import DecodeError
from protocols.push import elvaco, json_text
from protocols.push.json_text import Object, member
from protocols.push.pushed import Message, Pushed, checked_identity

_EUI: Final = re.compile(r"[0-9A-Fa-f]{16}")
_LONGEST_DATA: Final = 1000


@dataclass(frozen=True, slots=True)
class Uplink:
    """`device`: its EUI, 16 hexadecimal digits; `at`: when the network server received it."""

    device: str
    session: str
    counter: int
    port: int
    at: datetime
    data: bytes


def chirpstack(message: Message) -> Pushed | None:
    """One uplink of ChirpStack v4; None when it is no reading."""
    event = json_text.read_object(message.payload)
    return _pushed(
        Uplink(
            device=_eui(member(event, "deviceInfo"), "devEui"),
            session=json_text.text(event, "devAddr"),
            counter=json_text.whole(event, "fCnt") if "fCnt" in event else 0,
            port=json_text.whole(event, "fPort") if "fPort" in event else 0,
            at=json_text.instant(event, "time"),
            data=_data(event, "data"),
        )
    )


def things_stack(message: Message) -> Pushed | None:
    """One uplink of The Things Stack v3; None when it is no reading."""
    event = json_text.read_object(message.payload)
    device, uplink = member(event, "end_device_ids"), member(event, "uplink_message")
    session = device if "dev_addr" in device else uplink
    return _pushed(
        Uplink(
            device=_eui(device, "dev_eui"),
            session=json_text.text(session, "dev_addr" if session is device else "session_key_id"),
            counter=json_text.whole(uplink, "f_cnt") if "f_cnt" in uplink else 0,
            port=json_text.whole(uplink, "f_port") if "f_port" in uplink else 0,
            at=json_text.instant(event, "received_at"),
            data=_data(uplink, "frm_payload"),
        )
    )


def _pushed(uplink: Uplink) -> Pushed | None:
    if uplink.port != elvaco.PORT:
        return None
    serial, snapshot = elvaco.decode(uplink.data)
    identity = checked_identity(serial or uplink.device)
    return Pushed(identity, uplink.at, f"{uplink.device} {uplink.session} {uplink.counter}", snapshot)


def _eui(parent: Object, name: str) -> str:
    written = json_text.text(parent, name)
    if not _EUI.fullmatch(written):
        raise DecodeError(f"{name!r} is {written[:40]!r}, which is no EUI of 16 hexadecimal digits.")
    return written.upper()


def _data(parent: Object, name: str) -> bytes:
    """Empty where the frame carried nothing: then no port is named either."""
    written = parent.get(name) or ""
    if not isinstance(written, str) or len(written) > _LONGEST_DATA:
        raise DecodeError(f"{name!r} is no base64 text of at most {_LONGEST_DATA} characters.")
    try:
        return base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError) as error:
        raise DecodeError(f"{name!r} is no base64 text: {error}.") from error
