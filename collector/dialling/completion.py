"""Work that goes through to its end although whoever waits for it is cancelled."""

from __future__ import annotations

import asyncio


async def completed(task: asyncio.Task[None]) -> None:
    """Waits for the task, whose time must be bounded; a cancellation meanwhile is raised when it is done."""
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    task.result()
