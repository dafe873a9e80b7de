"""Hour after hour what the senders publish, with what goes wrong on the way."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from simulators.push.readings import PushingMeter, Shown
from simulators.push.senders import SENDERS

HOUR: Final = timedelta(hours=1)
FIRST_SERIAL: Final = 66_031_100
COPIED: Final = 0.2
LATE: Final = 0.1
INVALID: Final = 0.05
"""Shares of messages that come twice, after their successor, and without values."""
_NO_VALUES: Final = (
    b'{"_":"telegram","meter":"kamheat","id":"66031100","total_energy_consumption_kwh":-2147483648'
)


@dataclass(frozen=True, slots=True)
class Published:
    """One message; `shown` is the truth that it tells, None where it tells none."""

    topic: str
    payload: bytes
    retained: bool
    sender: str
    serial: str
    at: datetime
    shown: Shown | None


def messages(start: datetime, rounds: int, chance: random.Random) -> Iterator[Published]:
    """An hour's messages of every sender per round: copied, late, and in between one without values."""
    meters = {sender: PushingMeter(chance) for sender in SENDERS}
    held_back: list[Published] = []
    for number in range(rounds):
        at = start + number * HOUR
        for place, (sender, meter) in enumerate(meters.items()):
            message = _message(sender, FIRST_SERIAL + place, at, number, meter.after_an_hour())
            if chance.random() < LATE:
                held_back.append(message)
                continue
            yield message
            if chance.random() < COPIED:
                yield message
        if chance.random() < INVALID:
            yield _without_values(at)
        if number % 2:
            yield from held_back
            held_back = []
    yield from held_back


def _message(sender: str, serial: int, at: datetime, number: int, shown: Shown) -> Published:
    """wmbusmeters' messages are retained, as its add-on sets them."""
    topic, payload = SENDERS[sender](f"{serial:08}", at, number, shown)
    return Published(topic, payload, topic.startswith("wmbusmeters"), sender, f"{serial:08}", at, shown)


def _without_values(at: datetime) -> Published:
    """The mark of a counter without a value, at a time of its own."""
    moment = at + timedelta(minutes=30)
    payload = _NO_VALUES + f',"timestamp":"{moment:%Y-%m-%dT%H:%M:%SZ}"}}'.encode()
    serial = f"{FIRST_SERIAL:08}"
    return Published(f"wmbusmeters/{serial}", payload, True, "kamheat", serial, moment, None)
