"""How a collector without a database is, in the words of its status topic: a small JSON object."""

from __future__ import annotations

import json
from datetime import datetime

from collector.spool import SpoolState
from metering.errors import DecodeError
from protocols.push import json_text
from storage.regional import RegionalCollector

LOST = b'{"online": false}'
"""The last will: the broker says it when the connection breaks."""
LARGEST_COUNT = 10**15


def encode(online: bool, at: datetime, spool: SpoolState) -> bytes:
    """What the collector says of itself at this instant."""
    told = {
        "online": online,
        "at": at.isoformat(),
        "spool_entries": spool.entries,
        "spool_size": spool.size,
        "spool_oldest_at": spool.oldest_at.isoformat() if spool.oldest_at else None,
    }
    return json.dumps(told).encode()


def decode(name: str, payload: bytes) -> RegionalCollector | None:
    """What it said; None: the broker says that it is lost. DecodeError for anything else."""
    told = json_text.read_object(payload)
    if not told.get("online") and "at" not in told:
        return None
    oldest = json_text.instant(told, "spool_oldest_at") if told.get("spool_oldest_at") else None
    return RegionalCollector(
        name=name,
        online=bool(told.get("online")),
        heard_at=json_text.instant(told, "at"),
        spool_entries=_count(told, "spool_entries"),
        spool_size=_count(told, "spool_size"),
        spool_oldest_at=oldest,
    )


def _count(told: json_text.Object, name: str) -> int:
    count = json_text.whole(told, name)
    if not 0 <= count <= LARGEST_COUNT:
        raise DecodeError(f"{name!r} is {count}, which cannot be.")
    return count
