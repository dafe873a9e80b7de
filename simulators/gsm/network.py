"""The mobile network between our modems and the meters' modems: who can be called, what befalls the calls."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Final

from simulators.gsm.call import AIR_SPEED, Call
from simulators.gsm.call_log import Ending, LoggedCall, most_at_once
from simulators.gsm.codes import ResultCode
from simulators.gsm.endings import BY_MISHAP, BY_SUBSCRIBER, ENGAGED, UNASSIGNED, Answers, Failure, Wait
from simulators.gsm.mishaps import OF_CALLS, Mishap, Mix
from simulators.lines import Caller, FarEnd

QUICK: Final = 0.02
"""The scale of a network for tests: a call comes about in 0.1 to 0.3 seconds."""
REAL: Final = 1.0

_LATEST_BREAK: Final = 6
"""A call that breaks does so within so many answers."""
_ENDINGS: Final = {
    ResultCode.BUSY: Ending.BUSY,
    ResultCode.NO_CARRIER: Ending.NO_CARRIER,
    ResultCode.NO_ANSWER: Ending.NO_ANSWER,
}


@dataclass(slots=True)
class _Subscriber:
    far_end: FarEnd
    answers: Answers
    engaged: bool = False


class Network:
    """Every wait of the network is multiplied by `scale`; times are the running loop's.

    `counts` says what befell, `log` is the network's own book of all attempts to call.
    """

    def __init__(self, random: Random, *, mix: Mix | None = None, scale: float = QUICK) -> None:
        self.random = random
        self.counts: Counter[Mishap] = Counter()
        self.log: list[LoggedCall] = []
        self._shares = dict(mix or {})
        self._scale = scale
        self._subscribers: dict[str, _Subscriber] = {}

    def subscribe(self, number: str, far_end: FarEnd, *, answers: Answers | str = Answers.YES) -> None:
        """Puts a far end behind a number, or changes what is there; a call that goes on is not touched."""
        known = self._subscribers.get(number)
        engaged = known is not None and known.engaged
        self._subscribers[number] = _Subscriber(far_end, Answers(answers), engaged)

    def most_calls_at_once(self, *, modem: str | None = None, number: str | None = None) -> int:
        """By the log: the most attempts and calls at one time, of one modem (its IMEI) or to one number."""
        return most_at_once(
            call
            for call in self.log
            if (modem is None or call.modem == modem) and (number is None or call.number == number)
        )

    def now(self) -> float:
        """The running loop's time."""
        return asyncio.get_running_loop().time()

    def takes(self, wait: Wait) -> float:
        """How many seconds this takes now."""
        return self.random.uniform(*wait.value) * self._scale

    def befalls(self, mishap: Mishap) -> bool:
        """Whether it happens now; counted when it does."""
        happens = self.random.random() < self._shares.get(mishap, 0.0)
        self.counts[mishap] += happens
        return happens

    async def dial(self, modem: str, number: str, caller: Caller) -> Call | Failure:
        """A call, or how it failed, after the time that takes. Cancelling it gives the attempt up."""
        entry = LoggedCall(modem, number, self.now())
        self.log.append(entry)
        try:
            subscriber = self._subscribers.get(number)
            if subscriber is None or subscriber.engaged:
                return await self._fail(entry, UNASSIGNED if subscriber is None else ENGAGED)
            return await self._ring(entry, subscriber, caller)
        finally:
            if entry.connected is None and entry.ended is None:
                self._finish(entry, Ending.ABORTED)

    def passage(self) -> float:
        return self.takes(Wait.PASSAGE)

    def airtime(self, size: int) -> float:
        return size / AIR_SPEED * self._scale

    def weather(self, data: bytes) -> bytes:
        if not self._shares.get(Mishap.LOST_BYTE):
            return data
        return bytes(octet for octet in data if not self.befalls(Mishap.LOST_BYTE))

    async def _ring(self, entry: LoggedCall, subscriber: _Subscriber, caller: Caller) -> Call | Failure:
        fate = self._fate()
        subscriber.engaged = True
        try:
            failure = BY_SUBSCRIBER.get(subscriber.answers) or self._misfortune(fate)
            if failure is not None:
                return await self._fail(entry, failure)
            await asyncio.sleep(self.takes(Wait.SET_UP))
            entry.connected = self.now()
            return self._connect(entry, subscriber, caller, fate)
        finally:
            subscriber.engaged = entry.connected is not None

    def _connect(
        self, entry: LoggedCall, subscriber: _Subscriber, caller: Caller, fate: Mishap | None
    ) -> Call:
        self.counts[Mishap.MUTE] += fate is Mishap.MUTE
        return Call(
            self,
            caller,
            subscriber.far_end,
            partial(self._end, entry),
            mute=fate is Mishap.MUTE,
            breaks_at=self.random.randint(1, _LATEST_BREAK) if fate is Mishap.CUT else None,
        )

    def _end(self, entry: LoggedCall, ending: Ending) -> None:
        self.counts[Mishap.CUT] += ending is Ending.CUT
        self._subscribers[entry.number].engaged = False
        self._finish(entry, ending)

    def _misfortune(self, fate: Mishap | None) -> Failure | None:
        if fate is None or fate not in BY_MISHAP:
            return None
        self.counts[fate] += 1
        return BY_MISHAP[fate]

    def _fate(self) -> Mishap | None:
        at = self.random.random()
        for mishap in OF_CALLS:
            share = self._shares.get(mishap, 0.0)
            if at < share:
                return mishap
            at -= share
        return None

    async def _fail(self, entry: LoggedCall, failure: Failure) -> Failure:
        await asyncio.sleep(self.takes(failure.wait))
        self._finish(entry, _ENDINGS[failure.code])
        return failure

    def _finish(self, entry: LoggedCall, ending: Ending) -> None:
        entry.ended, entry.ending = self.now(), ending
