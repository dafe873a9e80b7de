"""Tells whoever wants to know that a run or correction is ready: webhooks, and a topic of the MQTT broker.

A notice is told at least once: its id lets the other side know it again. It says what is ready, not what is
in it: the lines are fetched with an API key.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from billing.posting import post
from metering.billing_content import canonical, plain
from metering.errors import TeploError
from storage.pool import Database
from storage.webhooks import DueNotice, Webhooks

TOPIC: Final = "teplo/billing-runs/{run}"
"""Where a notice is published over MQTT."""
MOST_ATTEMPTS: Final = 12
"""Within about seven hours; then the notice is given up, and seen as such."""
FIRST_PAUSE: Final = timedelta(seconds=15)
LONGEST_PAUSE: Final = timedelta(hours=1)
PAUSE: Final = 1.0
"""Seconds between two looks at what is due."""
_LEASE: Final = timedelta(minutes=3)
"""Longer than ten attempts may take: who has a notice in hand for longer is dead."""
_LONGEST_MESSAGE: Final = 500

Publish = Callable[[str, bytes], Awaitable[None]]
"""Hands a topic and a message to the broker; raises an error of our tree when the broker has not got it."""
Post = Callable[[str, Mapping[str, str], bytes], Awaitable[None]]
"""Address, headers and body; raises an error of our tree when nobody took it."""


def payload(notice: DueNotice) -> bytes:
    """What is told, as JSON."""
    names = ("run", "kind", "corrects", "month", "lines", "finished_at")
    told = {name: plain(getattr(notice, name)) for name in names}
    told |= {"notice": str(notice.id), "content_hash": notice.content_hash.hex()}
    return canonical(told).encode()


def signature(secret: str, at: datetime, body: bytes) -> str:
    """The header that proves who sent this and when: HMAC-SHA256 over Unix time, a point, and the body."""
    stamp = str(int(at.timestamp()))
    signed = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={signed}"


def pause_after(attempts: int) -> timedelta | None:
    """Until the next attempt, each twice as long as the one before; None: it is given up."""
    if attempts >= MOST_ATTEMPTS:
        return None
    return min(FIRST_PAUSE * (1 << (attempts - 1)), LONGEST_PAUSE)


class Announcer:
    """`publish` None: this process has no broker, and leaves MQTT to others."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime],
        publish: Publish | None = None,
        send: Post = post,
    ) -> None:
        self._webhooks = Webhooks(database)
        self._now = now
        self._publish = publish
        self._send = send

    async def tell_due(self) -> int:
        """Tells what is due now; how many notices were in hand."""
        over_mqtt = self._publish is not None
        due = await self._webhooks.due(self._now(), _LEASE, over_mqtt=over_mqtt)
        for notice in due:
            await self._tell(notice)
        return len(due)

    async def _tell(self, notice: DueNotice) -> None:
        if notice.disabled_at is not None:
            await self._webhooks.failed(notice.id, "The webhook was disabled.", None)
            return
        try:
            await self._hand_over(notice)
        except TeploError as error:
            pause = pause_after(notice.attempts)
            next_at = None if pause is None else self._now() + pause
            await self._webhooks.failed(notice.id, str(error)[:_LONGEST_MESSAGE], next_at)
        else:
            await self._webhooks.delivered(notice.id, self._now())

    async def _hand_over(self, notice: DueNotice) -> None:
        body = payload(notice)
        if notice.url is not None:
            headers = {
                "Content-Type": "application/json",
                "Teplo-Notice": str(notice.id),
                "Teplo-Signature": signature(notice.secret or "", self._now(), body),
            }
            await self._send(notice.url, headers, body)
        elif self._publish is not None:
            await self._publish(TOPIC.format(run=notice.run), body)


async def tell_until(stop: asyncio.Event, announcer: Announcer, pause: float = PAUSE) -> None:
    """Tells what is due until `stop` is set."""
    while not stop.is_set():
        await announcer.tell_due()
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
