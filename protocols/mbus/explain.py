"""A frame as plain JSON, for programs: what `teplo explain m-bus --json` prints."""

from __future__ import annotations

from typing import Any, Final

from metering.errors import DecodeError, TeploError
from protocols.annotation import Annotation
from protocols.mbus import compact, frames, records
from protocols.mbus.annotate import explain_bytes
from protocols.mbus.compact import ProfileValue
from protocols.mbus.frames import Frame, LongFrame, ShortFrame
from protocols.mbus.telegram import DataRecord, Telegram
from protocols.mbus.texts import plain
from protocols.mbus.words import PRIMARY_STATION, ci_words, control_words

__all__ = ["Annotation", "explain_bytes", "explain_json"]

_DATA_SENT: Final = 0x51


def explain_json(frame: bytes) -> dict[str, Any]:
    """What the frame says, or `{"ok": false, "error": class, "message": text}`.

    Values are texts: decimals without exponent in the base unit, dates in ISO 8601, bytes in hex; null with
    a "why" where the meter sent none. Requests and acknowledgements have no records.
    """
    try:
        return {"ok": True, **_frame(frames.decode(frame))}
    except TeploError as error:
        return {"ok": False, "error": type(error).__name__, "message": str(error)}


def _frame(frame: Frame) -> dict[str, Any]:
    if isinstance(frame, LongFrame):
        link = {"frame": "long", "control": frame.control, "address": frame.address}
        return {**link, "meaning": ci_words(frame.payload[0]), **_payload(frame)}
    if isinstance(frame, ShortFrame):
        link = {"frame": "short", "control": frame.control, "address": frame.address}
        return {**link, "meaning": control_words(frame.control), "records": []}
    return {"frame": "acknowledgement", "records": []}


def _payload(frame: LongFrame) -> dict[str, Any]:
    if not frame.control & PRIMARY_STATION:
        return _telegram(records.decode(frame.payload))
    sent = records.split(frame.payload, 1).records if frame.payload[0] == _DATA_SENT else ()
    return {
        "data": frame.payload[1:].hex().upper(),
        "records": [_record(records.record_at(placed, frame.payload)) for placed in sent],
    }


def _telegram(telegram: Telegram) -> dict[str, Any]:
    header = telegram.header
    return {
        "manufacturer": header.manufacturer or None,
        "id": header.identification or None,
        "version": header.version,
        "medium": header.medium,
        "access": header.access,
        "status": header.status,
        "signature": header.signature,
        "records": [_record(record) | _profile(record, telegram) for record in telegram.records],
        "manufacturer_data": telegram.manufacturer_data.hex().upper(),
        "more_follows": telegram.more_follows,
        "problems": list(telegram.problems),
    }


def _record(record: DataRecord) -> dict[str, Any]:
    explained = {
        "function": record.function.value,
        "storage": record.storage,
        "tariff": record.tariff,
        "subunit": record.subunit,
        "quantity": record.quantity,
        "unit": record.unit,
        "qualifiers": list(record.qualifiers),
        "value": None if record.value is None else plain(record.value),
        "dif_vif": record.dif_vif.hex().upper(),
    }
    return explained if record.absence is None else {**explained, "why": record.why}


def _profile(record: DataRecord, telegram: Telegram) -> dict[str, Any]:
    """The series of a compact profile, or why it cannot be spread out; nothing for other records."""
    try:
        series = compact.expand(record, telegram)
    except DecodeError as error:
        return {"problem": str(error)}
    return {"profile": [_profile_value(value) for value in series]} if series else {}


def _profile_value(value: ProfileValue) -> dict[str, Any]:
    return {
        "storage": value.storage,
        "meter_time": None if value.meter_time is None else plain(value.meter_time),
        "value": None if value.value is None else plain(value.value),
    }
