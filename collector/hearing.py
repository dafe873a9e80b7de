"""Hearing a line out: what comes though nobody asks for it any more."""

from __future__ import annotations

import asyncio

from collector.line_settings import LineSettings
from collector.links import Link
from collector.transcript import Transcript


async def listen(seconds: float, link: Link, transcript: Transcript) -> None:
    """Keeps quiet for so long; what is heard meanwhile, or was waiting, answers no question of ours."""
    until = _time() + seconds
    heard = link.drain()
    transcript.late(heard)
    while (left := until - _time()) > 0:
        chunk = await link.receive(left)
        transcript.late(chunk)
        heard += chunk
    transcript.compare(heard)


async def burst(wait: float, link: Link, settings: LineSettings, transcript: Transcript) -> bytes:
    """What begins within so many seconds; its bytes are closer together than the line's gap."""
    heard, last = bytearray(), _time() + settings.longest
    while len(heard) <= settings.largest and _time() < last:
        chunk = await link.receive(wait)
        if not chunk:
            break
        heard += chunk
        wait = settings.gap
    transcript.late(bytes(heard))
    return bytes(heard)


def _time() -> float:
    return asyncio.get_running_loop().time()
