"""The record of who read what of billing and who changed what: written behind the answers, in batches."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access import Caller
from metering.errors import StorageError
from storage.access_log import Access, AccessLog

_LOG: Final = logging.getLogger("teplo.api")

BATCH: Final = 500
MOST_WAITING: Final = 5_000
"""Beyond that a request waits until its record has room: nothing is dropped."""
RETRY: Final = 1.0
LONGEST_PATH, LONGEST_QUERY = 2000, 4000
_READS: Final = ("GET", "HEAD", "OPTIONS")


class AccessBook:
    """Takes records at once and writes them soon, in their order."""

    def __init__(self, log: AccessLog, retry: float = RETRY) -> None:
        self._log = log
        self._retry = retry
        self._waiting: list[Access] = []
        self._writing: asyncio.Task[None] | None = None

    async def add(self, access: Access) -> None:
        """Waits only while too many records do."""
        self._waiting.append(access)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        if len(self._waiting) > MOST_WAITING:
            await asyncio.shield(self._writing)

    async def close(self, patience: float = 10.0) -> None:
        """Everything is written when this ends; what the database does not take in time goes to the log."""
        if self._writing is None:
            return
        await asyncio.wait([self._writing], timeout=patience)
        self._writing.cancel()
        for access in self._waiting:
            _LOG.error("access not recorded: %s", access)

    async def _write(self) -> None:
        while self._waiting:
            batch = self._waiting[:BATCH]
            try:
                await self._log.keep(batch)
            except StorageError as error:
                _LOG.warning("records of access wait for the database: %s", error)
                await asyncio.sleep(self._retry)
            else:
                del self._waiting[: len(batch)]


class Audit:
    """Hands every read with a scope of billing and every change to the application's `access_book`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        caller = scope.setdefault("state", {})["caller"] = Caller()
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            if caller.key is not None and (caller.is_billing or scope["method"] not in _READS):
                state = scope["app"].state
                await state.access_book.add(_access(scope, caller, status, state.services.now()))


def _access(scope: Scope, caller: Caller, status: int, at: Any) -> Access:
    assert caller.key is not None
    query = scope["query_string"].decode("utf-8", "replace").replace("\x00", "")
    return Access(
        at,
        caller.key.id,
        caller.key.name,
        scope["method"],
        scope["path"].replace("\x00", "")[:LONGEST_PATH],
        query[:LONGEST_QUERY],
        status,
        caller.answered,
    )
