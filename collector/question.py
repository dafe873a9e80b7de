"""Putting one question: quiet before it, repeats, and no late answer left over for the next question."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from collector.answered import Answered
from collector.attempt import Attempt
from collector.debts import Debt, Debts
from collector.hearing import burst, listen
from collector.line_settings import LineSettings
from collector.links import Link
from collector.transcript import Transcript
from collector.unanswered import doubtful, strange, unanswered
from metering.errors import FrameError, LineError
from protocols.conversation import Exchange


class Question:
    """Puts one exchange's question as often as it takes.

    An answer may come a whole time-out too late. Each attempt that ended without one may therefore still owe
    one, and before anything else is asked the line is heard until the debt is paid or barred. What may come
    later still is among the `debts`, and no answer that may be one of them is believed.
    """

    def __init__(
        self, exchange: Exchange, link: Link, settings: LineSettings, transcript: Transcript, debts: Debts
    ) -> None:
        self._exchange = exchange
        self._link = link
        self._settings = settings
        self._transcript = transcript
        self._debts = debts
        self._owed = 0
        self._known: bytes | None = None
        self._asked_at = 0.0
        self._timeout = settings.timeout if exchange.timeout is None else exchange.timeout
        self._attempts = max(1, settings.attempts if exchange.attempts is None else exchange.attempts)

    async def put(self) -> bytes:
        """The reply. NoResponse: silence, or nothing but echo; FrameError: bytes that are no reply."""
        try:
            answer = await self._ask()
            reply = await self._without_doubt(answer.reply or b"", await self._claims(answer))
            self._debts.settled()
            return reply
        finally:
            # Where nothing was sent nobody owes an answer.
            self._debts.add(self._owed * [self._debt()] if self._exchange.request else ())

    async def _claims(self, answer: Attempt) -> Sequence[Debt]:
        """The earlier questions whose answer this may be, or the beginning of it."""
        if not self._debts.open:
            return ()
        heard, answered_at = answer.body, _time()
        with suppress(LineError):
            heard += await self._burst(self._settings.gap)
        return self._debts.claims(answer.reply or b"", heard, answered_at)

    async def _without_doubt(self, first: bytes, claims: Sequence[Debt]) -> bytes:
        """The reply to this question and no other: where the first may be another's, the second is not."""
        if not claims or self._exchange.acknowledges:
            await self._settle_answered()
            return first
        only_once = self._exchange.attempts == 1
        if len(claims) > 1 or only_once:
            await listen(max(debt.until for debt in claims) - _time(), self._link, self._transcript)
        if only_once:
            self._owed += 1
            raise doubtful(self._link.description, self._exchange.request)
        second = (await self._ask()).reply or b""
        await self._settle_answered()
        self._owed += 1
        self._known = second if first == second else None
        return second

    async def _ask(self) -> Attempt:
        failed: list[Attempt] = []
        for _ in range(self._attempts):
            await listen(self._settings.quiet, self._link, self._transcript)
            self._asked_at = _time()
            attempt = await self._attempt()
            if attempt.reply is not None:
                self._answered(attempt, failed)
                return attempt
            failed.append(attempt)
            self._owed += 1
        await self._settle()
        raise unanswered(self._link.description, self._exchange.request, failed, self._timeout)

    def _answered(self, attempt: Attempt, failed: list[Attempt]) -> None:
        """Only a question put once can be contradicted: a repeated one may be answered twice by one meter.

        Nor can one that is answered while answers to others may still come.
        """
        if attempt.reply is not None and not failed and not self._debts.open:
            self._transcript.answered(Answered(self._exchange, attempt.reply), attempt.rest)

    async def _attempt(self) -> Attempt:
        attempt = Attempt(self._exchange)
        self._transcript.sent(self._exchange.request)
        try:
            await self._link.send(self._exchange.request)
            await self._collect(attempt)
        finally:
            self._transcript.received(attempt.heard)
            self._transcript.findings |= attempt.findings()
        return attempt

    async def _collect(self, attempt: Attempt) -> None:
        """Echo and noise may come at once and the reply long after: they do not shorten the time-out."""
        asked_at = _time()
        until, last = asked_at + self._timeout, asked_at + max(self._settings.longest, self._timeout)
        while (left := min(until, last) - _time()) > 0:
            chunk = await self._link.receive(left)
            if chunk:
                attempt.add(chunk)
                until = max(until, _time() + self._settings.gap)
            if attempt.reply is not None:
                return
            if until > last or len(attempt.heard) > self._settings.largest:
                raise FrameError(f"{self._link.description}: bytes come without end; {strange(attempt)}.")

    async def _settle_answered(self) -> None:
        """Settles after an answer; a cut meanwhile is for the next question to meet."""
        if not self._owed:
            return
        with suppress(LineError):
            await self._burst(self._settings.gap)
            await self._settle()

    async def _settle(self) -> None:
        """Hears what is owed, as long as it may come and be told from answers to the next question."""
        barred_at = self._asked_at + 2 * self._timeout
        while self._owed and (left := barred_at - _time()) > 0:
            begun_at = _time()
            heard = await self._burst(left)
            if self._exchange.complete(heard) is not None and not self._debts.pay(heard, begun_at):
                self._owed -= 1

    async def _burst(self, wait: float) -> bytes:
        """They pay one debt, also where a meter answered twice."""
        return await burst(wait, self._link, self._settings, self._transcript)

    def _debt(self) -> Debt:
        until = self._asked_at + (1 + self._settings.latest) * self._timeout
        return Debt(self._exchange, until, self._known)


def _time() -> float:
    return asyncio.get_running_loop().time()
