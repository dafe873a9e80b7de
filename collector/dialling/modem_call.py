"""One call through one modem of ours: made ready, dialled, hung up, given back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog

from collector.dialling.call_account import CallAccount
from collector.dialling.lease import Lease
from collector.dialling.modem import Modem, OpenPort
from collector.dialling.pool import PoolBook
from collector.dialling.readiness import STUCK, Readiness, end_call, make_ready
from collector.dialling.times import DiallingTimes
from collector.transcript import Clock
from metering.calls import OUR_MODEMS_FAULT, CallResult, HungUpBy
from metering.errors import CallFailed, ConfigurationError
from protocols.at_commands import ModemSettings, dial

log = structlog.get_logger()


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

    Whoever carries the stream enters the bytes in the account, who hung up and any fault of our modem.
    """

    def __init__(self, terms: CallTerms, lease: Lease, number: str) -> None:
        self.modem = Modem(lease.modem.url, terms.open_port, terms.now)
        self.lease = lease
        self.account = CallAccount(lease.modem, number, terms.collector, terms.now())
        self._terms = terms
        self._dialled = False

    async def connect(self, pin: str) -> None:
        """To CONNECT; CallFailed says why not."""
        try:
            async with self._limited():
                await self.modem.open()
                self.account.ready = await self._made_ready(pin)
                self.account.ready_at = self._terms.now()
                self._dialled = True
                await self.modem.converse(dial(self.account.number))
                self.account.connected_at = self._terms.now()
        except CallFailed as failure:
            self.account.failure = failure
            if failure.result in OUR_MODEMS_FAULT and not self.lease.lost:
                self.account.fault = failure
            raise

    async def end(self) -> None:
        """Hang up, close the port, write the call down, give the modem back. Nothing of ours is raised."""
        try:
            await self._take_down()
        finally:
            await self.lease.stop()
        await self.account.give_back(self._terms.book, self._rest_until())

    def _rest_until(self) -> datetime | None:
        if self.account.fault is None:
            return None
        return self.lease.now() + self._terms.times.rest_after(self.account.failures)

    async def _made_ready(self, pin: str) -> Readiness:
        try:
            settings = replace(self._terms.settings, pin=pin)
        except ConfigurationError as error:
            raise CallFailed(f"Our modem {self.modem.url}: {error}", CallResult.SIM_LOCKED) from error
        try:
            return await self._prepared(settings, reset=False)
        except CallFailed as failure:
            if not self._may_be_mended(failure):
                raise
        await self.modem.close()
        await self.modem.open()
        return await self._prepared(settings, reset=True)

    def _may_be_mended(self, failure: CallFailed) -> bool:
        """A modem that finds no network time after time may hang as well as one that is silent."""
        again = self.lease.modem.failures > 0 and failure.result is CallResult.NOT_REGISTERED
        return again or failure.result in STUCK

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
                "the database answers in time."
            )
        return (
            f"Our modem {self.modem.url} was busy with one call for {self._terms.times.opening:g} s without "
            "getting it through: check its power, its cabling and its SIM card."
        )

    async def _take_down(self) -> None:
        terms, account = self._terms, self.account
        if account.connected_at and account.fault is None and account.hung_up_by is None:
            account.hung_up_by = HungUpBy.US
        if self._dialled and (self.modem.is_open or not self.lease.lost):
            await self._hang_up()
        await self.modem.close()
        await account.write_down(terms.book, terms.new_id(), terms.now(), self.modem.last_lines)
        if self._dialled and not self.lease.lost:
            await asyncio.sleep(terms.times.release)

    async def _hang_up(self) -> None:
        """Also after a dialogue that was cut short: its port is closed then, but the call may stand."""
        account = self.account
        online = account.connected_at is not None and account.hung_up_by is not HungUpBy.REMOTE
        longest = self._terms.times.closing
        if self.lease.lost:
            longest = min(longest, self.lease.remaining)
        try:
            async with asyncio.timeout(longest):
                if account.fault is not None:
                    await self.modem.close()
                await self.modem.open()
                await self.modem.converse(end_call(online=online))
        except (CallFailed, TimeoutError) as error:
            said = str(error) or f"It hung for {longest:.0f} s."
            log.warning("modem does not hang up", modem=self.modem.url, error=said)
            silent = CallFailed(f"The call was not ended. {said}", CallResult.MODEM_SILENT)
            account.fault = account.fault or silent


def _ignore() -> None:
    """Nobody waits for the lease's loss."""
