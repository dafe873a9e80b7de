"""When a modem was last here, for the sentence that says why its line cannot be opened."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime

from collector.inbound.endings import Ending
from collector.links.url import LineUrl
from metering.errors import ModemAway


@dataclass(frozen=True, slots=True)
class Departure:
    """The end of a connection, and when its last byte was heard."""

    at: datetime
    heard_at: datetime
    ending: Ending


class Absences:
    """The last departure of each known modem."""

    def __init__(self, since: datetime) -> None:
        self._since = since
        self._departures: dict[str, Departure] = {}

    def note(self, identity: str, departure: Departure) -> None:
        self._departures[identity] = departure

    def keep_only(self, known: Container[str]) -> None:
        """Forgets the modems that are registered no longer."""
        for identity in [one for one in self._departures if one not in known]:
            del self._departures[identity]

    def error(self, url: LineUrl, listening: str) -> ModemAway:
        """Why this line cannot be opened now. `listening`: the addresses that modems may call."""
        return ModemAway(
            f"{url.text} cannot be opened: {self._history(url.place)}; check the modem's power and its "
            f"signal level, and that it calls this collector ({listening}) and says this identity."
        )

    def _history(self, identity: str) -> str:
        last = self._departures.get(identity)
        if last is None:
            return f"the modem has not connected since the collector began to listen at {_time(self._since)}"
        return f"not connected since {_time(last.at)} ({last.ending}), last heard {_time(last.heard_at)}"


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
