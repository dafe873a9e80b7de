"""How a collector without a database is, in the words of its status topic: a small JSON object."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from collector.spool import SpoolState
from metering.errors import DecodeError
from protocols.push import json_text
from storage.regional import RegionalCollector

LOST = b'{"online": false}'
"""The last will: the broker says it when the connection breaks."""
LARGEST_COUNT = 10**15
MOST_MODEMS: Final = 100_000
LONGEST_ID: Final = 18
LONGEST_ADDRESS: Final = 100


class Told(NamedTuple):
    """What a collector said of itself; `modems` are connected to it, each with its network address."""

    collector: RegionalCollector
    modems: Mapping[int, str]


def encode(online: bool, at: datetime, spool: SpoolState, modems: Mapping[int, str]) -> bytes:
    """What the collector says of itself at this instant."""
    told = {
        "online": online,
        "at": at.isoformat(),
        "spool_entries": spool.entries,
        "spool_size": spool.size,
        "spool_oldest_at": spool.oldest_at.isoformat() if spool.oldest_at else None,
        "modems": {str(modem_id): address for modem_id, address in modems.items()},
    }
    return json.dumps(told).encode()


def decode(name: str, payload: bytes) -> Told | None:
    """What it said; None: the broker says that it is lost. DecodeError for anything else."""
    told = json_text.read_object(payload)
    if not told.get("online") and "at" not in told:
        return None
    oldest = json_text.instant(told, "spool_oldest_at") if told.get("spool_oldest_at") else None
    collector = RegionalCollector(
        name=name,
        online=bool(told.get("online")),
        heard_at=json_text.instant(told, "at"),
        spool_entries=_count(told, "spool_entries"),
        spool_size=_count(told, "spool_size"),
        spool_oldest_at=oldest,
    )
    return Told(collector, _modems(json_text.member(told, "modems")))


def _modems(told: json_text.Object) -> Mapping[int, str]:
    if len(told) > MOST_MODEMS or not all(_is_modem(*one) for one in told.items()):
        raise DecodeError("'modems' is no list of modems with their addresses.")
    return {int(modem_id): str(address) for modem_id, address in told.items()}


def _is_modem(modem_id: str, address: object) -> bool:
    number = modem_id.isascii() and modem_id.isdecimal() and len(modem_id) <= LONGEST_ID
    return number and isinstance(address, str) and len(address) <= LONGEST_ADDRESS


def _count(told: json_text.Object, name: str) -> int:
    count = json_text.whole(told, name)
    if not 0 <= count <= LARGEST_COUNT:
        raise DecodeError(f"{name!r} is {count}, which cannot be.")
    return count
