"""A modem whose answers a test writes down: for a conversation driven by hand, or on a line in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

import pytest

from collector.line_settings import LineSettings
from collector.links.fake import Arrival, FakeLink
from collector.session import Session
from metering.errors import CallFailed, FrameError, NoResponse, TeploError
from protocols.conversation import Conversation, Exchange, Pause, Step
from tests.instant_loop import run_instantly

T = TypeVar("T")

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"
SETTINGS = LineSettings(timeout=2.0, gap=0.5, quiet=0.05, largest=4096)


def said(*lines: str, result: str = "OK") -> bytes:
    """Information and result as V.250 section 5.7.1 frames them in verbose form."""
    return b"".join(b"\r\n" + line.encode() + b"\r\n" for line in (*lines, result))


@dataclass
class ScriptedModem:
    """`answers` by command, the last of a list again and again; b"" is silence. What is not there gets OK."""

    answers: Mapping[str, bytes | list[bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def answer(self, request: bytes) -> bytes:
        command = request.decode().removesuffix("\r")
        self.asked.append(command)
        written = self.answers.get(command, OK)
        if isinstance(written, bytes):
            return written
        return written.pop(0) if len(written) > 1 else written[0]


@dataclass
class Driven:
    """A conversation run by hand; `exchanges` and `pauses` are what it wanted of a session."""

    exchanges: list[Exchange] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    def run(self, conversation: Conversation[T], modem: ScriptedModem) -> T:
        try:
            step = next(conversation)
            while True:
                step = self._answered(conversation, step, modem)
        except StopIteration as end:
            return end.value

    def _answered(self, conversation: Conversation[T], step: Step, modem: ScriptedModem) -> Step:
        if isinstance(step, Pause):
            self.pauses.append(step.seconds)
            return conversation.send(b"")
        assert isinstance(step, Exchange)
        self.exchanges.append(step)
        heard = modem.answer(step.request)
        end = step.complete(heard)
        if end is not None:
            return conversation.send(heard[:end])
        return conversation.throw(FrameError() if heard else NoResponse())


def driven(conversation: Conversation[T], answers: Mapping[str, bytes | list[bytes]] | None = None) -> T:
    return Driven().run(conversation, ScriptedModem(answers or {}))


def over_a_line(
    conversation: Conversation[T], modem: ScriptedModem, cut: int | None = None, echo: bool = False
) -> T | TeploError:
    """Runs it in a real session; each answer comes whole, or its rest after `cut` bytes a little later."""

    def peer(data: bytes) -> Iterable[Arrival]:
        heard = (data if echo else b"") + modem.answer(data)
        parts = [heard] if cut is None else [heard[:cut], heard[cut:]]
        return [Arrival(part, 0.01 + 0.2 * number) for number, part in enumerate(parts) if part]

    async def run() -> T | TeploError:
        link = FakeLink(peer)
        await link.open()
        session = Session(link, settings=SETTINGS, now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
        try:
            return await session.run(conversation, lambda records, frame: None)
        except TeploError as error:
            return error
        finally:
            await link.close()

    return run_instantly(run())


Answers = Mapping[str, bytes | list[bytes]]

NUMBER = "+77015550001"
IMEI = "356938035643809"
ICCID = "8970102123456789012"
DIALLED = f"ATD{NUMBER}"
READY = said("+CPIN: READY")
MODEM: dict[str, bytes | list[bytes]] = {
    "AT+CPIN?": READY,
    "AT+CGSN": said(IMEI),
    "AT+CIMI": said("250026711234567"),
    "AT+CCID": said('+CCID: "89701021234567890123"'),
    "AT+CNUM": said('+CNUM: "data","+77010000001",145'),
    "AT+CGMI": said("Cinterion"),
    "AT+CGMM": said("MC52i"),
    "AT+CGMR": said("REVISION 01.201"),
    "AT+CSQ": said("+CSQ: 14,99"),
    "AT+CESQ": said("+CESQ: 30,0,255,255,255,255"),
    "AT+CREG?": said('+CREG: 2,1,"00C3","7B21"'),
    "AT+COPS?": said('+COPS: 0,0,"KCELL",0'),
    "AT+CEER": said('+CEER: "Normal call clearing"'),
    DIALLED: said(result="CONNECT 9600/RLP"),
}


def failed(conversation: Conversation[object], answers: Answers) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        driven(conversation, {**MODEM, **answers})
    assert len(str(caught.value)) > 60, "what happened, the likely cause and the next step"
    return caught.value
