"""Reading out a meter: link reset, selection, application reset, telegram after telegram (m-bus.md 3, 11).

The frame count bit is toggled only after a good answer; a repetition is the session's, byte for byte, so the
meter repeats its telegram and nothing is skipped. Addresses and clocks of meters are never written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from metering.errors import ExchangeError, LineLost, TeploError, WrongMeter
from protocols.conversation import Conversation
from protocols.mbus.addressing import Address, Secondary
from protocols.mbus.asking import ORDINARY, USUAL, Habits, Question
from protocols.mbus.dialogue import (
    Decoder,
    application_reset,
    deselect,
    request,
    select,
    select_records,
    tolerant,
    wake,
)
from protocols.mbus.frames import FCB
from protocols.mbus.layout import decode
from protocols.mbus.records import Telegram

MOST_TELEGRAMS: Final = 20
"""The longest chain known has 19; some meters announce another telegram for ever."""


@dataclass(frozen=True, slots=True)
class ReadOut:
    """The telegrams of one read-out; `broke_off` is why the announced rest of them is missing."""

    telegrams: tuple[Telegram, ...]
    broke_off: TeploError | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads out one meter: where it is, how it wants to be asked, and what its telegrams are made of."""

    address: Address
    habits: Habits = USUAL
    decoder: Decoder = decode

    def read_out(self, question: Question = ORDINARY, most: int = MOST_TELEGRAMS) -> Conversation[ReadOut]:
        """All telegrams that answer the question, from the first.

        What was read before a chain broke off is returned. WrongMeter: two meters answer at this address.
        """
        return self.between(question, self._chain(most))

    def between(self, question: Question, conversation: Conversation[ReadOut]) -> Conversation[ReadOut]:
        """The conversation with the question put before it, and the meter's usual state restored behind."""
        try:
            yield from self._open(question)
            out = yield from conversation
        except LineLost:
            raise
        except TeploError:
            yield from self._close(question)
            raise
        if not isinstance(out.broke_off, LineLost):
            yield from self._close(question)
        return out

    def first(self) -> Conversation[tuple[Telegram, int]]:
        """The first telegram, and the count bit that brings the next one."""
        count = self.habits.first & FCB
        try:
            telegram = yield from request(self.address, count, decoder=self.decoder)
        except ExchangeError:
            if not self.habits.either:
                raise
            count ^= FCB
            telegram = yield from request(self.address, count, decoder=self.decoder)
        return telegram, count ^ FCB

    def next(self, count: int, previous: Telegram) -> Conversation[Telegram]:
        """A telegram equal to the last one, access number and all, is its late repetition: ask once more."""
        telegram = yield from request(self.address, count, decoder=self.decoder)
        if telegram == previous:
            telegram = yield from request(self.address, count, decoder=self.decoder)
        check_identification(previous, telegram)
        return telegram

    def _open(self, question: Question) -> Conversation[None]:
        if isinstance(self.address, Secondary):
            yield from deselect()
            yield from select(self.address)
        else:
            yield from wake(self.address.number)
        if not question.is_ordinary:
            yield from application_reset(self.address, question.sub_code, self.habits.send)
        if question.records:
            yield from select_records(self.address, question.records, self.habits.send)

    def _close(self, question: Question) -> Conversation[None]:
        """Leave the meter in its default state: ordinary telegrams, not selected."""
        if not question.is_ordinary:
            yield from tolerant(application_reset(self.address, control=self.habits.send))
        if isinstance(self.address, Secondary):
            yield from deselect()

    def _chain(self, most: int) -> Conversation[ReadOut]:
        first, count = yield from self.first()
        telegrams = [first]
        while telegrams[-1].more_follows and len(telegrams) < most:
            try:
                telegram = yield from self.next(count, telegrams[-1])
            except WrongMeter:
                raise
            except TeploError as error:
                return ReadOut(tuple(telegrams), error)
            if content(telegram) == content(telegrams[-1]):
                break
            telegrams.append(telegram)
            count ^= FCB
        return ReadOut(tuple(telegrams))


def content(telegram: Telegram) -> Telegram:
    """The telegram without its access number, which counts answers and not readings."""
    return replace(telegram, header=replace(telegram.header, access=0))


def check_identification(first: Telegram, other: Telegram) -> None:
    """WrongMeter when the second telegram is another meter's."""
    expected, heard = first.header.identification, other.header.identification
    if heard != expected:
        raise WrongMeter(
            f"Meter {expected} began the read-out, {heard} went on: two meters have this address. "
            "Give each its own primary address or read them by secondary address."
        )
