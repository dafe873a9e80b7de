"""One call through one modem of ours: made ready, dialled, hung up, written down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog

from collector.dialling.lease import Lease
from collector.dialling.modem import Modem, OpenPort
from collector.dialling.pool import PoolBook
from collector.dialling.readiness import STUCK, Readiness, end_call, make_ready
from collector.dialling.times import DiallingTimes, rest_after
from collector.transcript import Clock
from metering.calls import OUR_MODEMS_FAULT, Call, CallResult, HungUpBy
from metering.errors import CallFailed, ConfigurationError, StorageError
from metering.signals import SignalLevel, SignalSource
from protocols.at_commands import ModemSettings, dial

log = structlog.get_logger()

LONGEST_CAUSE = 500


@dataclass(frozen=True, slots=True)
class CallTerms:
    """What all calls of one collector have in common."""

    book: PoolBook
    collector: str
    now: Clock
    new_id: Callable[[], UUID]
    open_port: OpenPort
    times: DiallingTimes
    settings: ModemSettings
    """Without the PIN, which is each modem's own."""


class ModemCall:
    """`connect` once and `end` once, whatever came between; then the modem is another's.

    Whoever carries the stream counts `sent` and `received`, and says who hung up and what the modem's own
    `fault` was, if any.
    """

    def __init__(self, terms: CallTerms, lease: Lease, number: str) -> None:
        self.modem = Modem(lease.modem.url, terms.open_port, terms.now)
        self.lease = lease
        self.sent = 0
        self.received = 0
        self.hung_up_by: HungUpBy | None = None
        self.fault: CallFailed | None = None
        self._terms = terms
        self._number = number
        self._started_at = terms.now()
        self._ready: Readiness | None = None
        self._ready_at: datetime | None = None
        self._dialled = False
        self._connected_at: datetime | None = None
        self._failure: CallFailed | None = None

    async def connect(self, pin: str) -> None:
        """To CONNECT; CallFailed says why not."""
        try:
            async with self._limited():
                await self.modem.open()
                await self._make_ready(pin)
                self._dialled = True
                await self.modem.converse(dial(self._number))
                self._connected_at = self._terms.now()
        except CallFailed as failure:
            self._failure = failure
            if failure.result in OUR_MODEMS_FAULT and not self.lease.lost:
                self.fault = failure
            raise

    async def end(self) -> None:
        """Hang up, close the port, write the call down, give the modem back. Nothing of ours is raised."""
        try:
            await self._take_down()
        finally:
            await self.lease.stop()
        with _storage_may_fail(self.modem.url):
            await self._give_back()

    async def _take_down(self) -> None:
        if self._connected_at and self.fault is None and self.hung_up_by is None:
            self.hung_up_by = HungUpBy.US
        if self._dialled and (self.modem.is_open or not self.lease.lost):
            await self._hang_up()
        await self.modem.close()
        if self._failure or self._connected_at:
            with _storage_may_fail(self.modem.url):
                await self._write_down()
        if self._dialled and not self.lease.lost:
            await asyncio.sleep(self._terms.times.release)

    async def _make_ready(self, pin: str) -> None:
        try:
            settings = replace(self._terms.settings, pin=pin)
        except ConfigurationError as error:
            raise CallFailed(f"Our modem {self.modem.url}: {error}", CallResult.SIM_LOCKED) from error
        try:
            self._ready = await self._prepared(settings, reset=False)
        except CallFailed as failure:
            if failure.result not in STUCK:
                raise
            await self.modem.close()
            await self.modem.open()
            self._ready = await self._prepared(settings, reset=True)
        self._ready_at = self._terms.now()

    async def _prepared(self, settings: ModemSettings, *, reset: bool) -> Readiness:
        registration = self._terms.times.registration
        return await self.modem.converse(make_ready(settings, registration=registration, reset=reset))

    @asynccontextmanager
    async def _limited(self) -> AsyncIterator[None]:
        """A lost lease ends the dialogue as if its time were up."""
        try:
            async with asyncio.timeout(self._terms.times.opening) as limit:
                self.lease.on_loss = lambda: limit.reschedule(0)
                yield
        except TimeoutError as error:
            raise CallFailed(self._why_given_up(), CallResult.MODEM_SILENT) from error
        finally:
            self.lease.on_loss = _ignore

    def _why_given_up(self) -> str:
        if self.lease.lost:
            return (
                f"Our modem {self.modem.url} went to another collector while this one dialled: check that "
                "the database answers in time and that the computers' clocks agree."
            )
        return (
            f"Our modem {self.modem.url} was busy with one call for {self._terms.times.opening:g} s without "
            "getting it through: check its power, its cabling and its SIM card."
        )

    async def _hang_up(self) -> None:
        """Also after a dialogue that was cut short: its port is closed then, but the call may stand."""
        online = self._connected_at is not None and self.hung_up_by is not HungUpBy.REMOTE
        try:
            async with asyncio.timeout(self._terms.times.closing):
                if self.fault is not None:
                    await self.modem.close()
                await self.modem.open()
                await self.modem.converse(end_call(online=online))
        except (CallFailed, TimeoutError) as error:
            said = str(error) or f"It hung for {self._terms.times.closing:g} s."
            log.warning("modem does not hang up", modem=self.modem.url, error=said)
            self.fault = self.fault or CallFailed(f"The call was not ended. {said}", CallResult.MODEM_SILENT)

    async def _write_down(self) -> None:
        terms, signal = self._terms, self._ready.signal if self._ready else None
        await terms.book.calls.save(
            Call(
                id=terms.new_id(),
                modem_id=self.lease.modem.id,
                number=self._number,
                collector=terms.collector,
                started_at=self._started_at,
                ended_at=terms.now(),
                result=self._failure.result if self._failure else CallResult.CONNECTED,
                connected_at=self._connected_at,
                hung_up_by=self.hung_up_by,
                cause=self._cause(),
                sent=self.sent,
                received=self.received,
                signal=signal,
            )
        )
        if signal is not None and self._ready_at is not None:
            level = SignalLevel(self._ready_at, SignalSource.CALL, signal)
            await terms.book.signals.add(self.lease.modem.id, [level])

    def _cause(self) -> str:
        reason = self._failure or self.fault
        if reason is None:
            return "NO CARRIER" if self.hung_up_by is HungUpBy.REMOTE else ""
        return f"{reason.cause or reason}; said last: {self.modem.last_lines}"[:LONGEST_CAUSE]

    async def _give_back(self) -> None:
        failures = self.lease.modem.failures + 1 if self.fault else 0
        now = self._terms.now()
        await self._terms.book.modems.release(
            self.lease.modem.id,
            self._terms.collector,
            rest_until=now + rest_after(failures) if self.fault else None,
            failures=failures,
            fault=str(self.fault)[:LONGEST_CAUSE] if self.fault else "",
            identity=self._ready.identity if self._ready else None,
            last_contact_at=self._ready_at,
        )


def _ignore() -> None:
    """Nobody waits for the lease's loss."""


@contextmanager
def _storage_may_fail(url: str) -> Iterator[None]:
    """What cannot be stored is told; the lease then ends by itself, when its time has run out."""
    try:
        yield
    except StorageError as error:
        log.warning("call not stored", modem=url, error=str(error))
