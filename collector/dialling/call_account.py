"""What is known of one call, and what of it is stored when it is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from collector.dialling.pool import PoolBook
from collector.dialling.readiness import Readiness
from metering.calls import Call, CallResult, HungUpBy
from metering.errors import CallFailed, StorageError
from metering.signals import SignalLevel, SignalSource
from protocols.at.sim_card import PIN_REFUSED
from storage.modem_rows import LeasedModem

log = structlog.get_logger()

LONGEST_CAUSE = 500


@dataclass(slots=True)
class CallAccount:
    """`failure` says why there was no connection, `fault` why our modem has to rest; often they are one.

    `sent` and `received` are bytes after CONNECT.
    """

    modem: LeasedModem
    number: str
    collector: str
    started_at: datetime
    ready: Readiness | None = None
    ready_at: datetime | None = None
    connected_at: datetime | None = None
    failure: CallFailed | None = None
    fault: CallFailed | None = None
    hung_up_by: HungUpBy | None = None
    sent: int = 0
    received: int = 0

    async def write_down(self, book: PoolBook, identifier: UUID, ended_at: datetime, last_lines: str) -> None:
        """The call and the level before it; an attempt that was broken off by its caller is none."""
        if self.failure is None and self.connected_at is None:
            return
        try:
            await book.calls.save(self._call(identifier, ended_at, last_lines))
            if self.ready is not None and self.ready_at is not None:
                level = SignalLevel(self.ready_at, SignalSource.CALL, self.ready.signal)
                await book.signals.add(self.modem.id, [level])
        except StorageError as error:
            log.warning("call not stored", modem=self.modem.url, number=self.number, error=str(error))

    @property
    def failures(self) -> int:
        """Our modem's in a row, this call included."""
        return self.modem.failures + 1 if self.fault else 0

    async def give_back(self, book: PoolBook, rest_until: datetime | None) -> None:
        """The modem, with what was learned of it; when storage is away, its lease ends by itself."""
        try:
            await book.modems.release(
                self.modem.id,
                self.collector,
                rest_until=rest_until,
                failures=self.failures,
                fault=str(self.fault)[:LONGEST_CAUSE] if self.fault else "",
                identity=self.ready.identity if self.ready else None,
                last_contact_at=self.ready_at,
                pin_refused=self.failure is not None and self.failure.cause == PIN_REFUSED,
            )
        except StorageError as error:
            log.warning("modem not given back", modem=self.modem.url, error=str(error))

    def _call(self, identifier: UUID, ended_at: datetime, last_lines: str) -> Call:
        return Call(
            id=identifier,
            modem_id=self.modem.id,
            number=self.number,
            collector=self.collector,
            started_at=self.started_at,
            ended_at=ended_at,
            result=self.failure.result if self.failure else CallResult.CONNECTED,
            connected_at=self.connected_at,
            hung_up_by=self.hung_up_by,
            cause=self._cause(last_lines),
            sent=self.sent,
            received=self.received,
            signal=self.ready.signal if self.ready else None,
        )

    def _cause(self, last_lines: str) -> str:
        reason = self.failure or self.fault
        if reason is None:
            return "NO CARRIER" if self.hung_up_by is HungUpBy.REMOTE else ""
        return f"{reason.cause or reason}; said last: {last_lines}"[:LONGEST_CAUSE]
