"""How each outcome of a call comes about: what the modem of ours, or the network behind it, says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, Final
from unittest.mock import patch
from uuid import uuid4

from collector.dialling.dialler import Dialler
from collector.dialling.modem_call import CallTerms
from collector.dialling.pool import PoolBook
from collector.dialling.times import DiallingTimes
from collector.links import Link
from metering.polls import Outcome
from protocols.at_commands import ModemSettings
from storage.calls import Calls
from storage.modems import Modems
from storage.pool import Database
from storage.signals import Signals
from teplo.composition import clock, open_link
from tests.support.scripted_modem import CLASSIC, Port, ScriptedModem
from tests.system.test_dialling import SHORTENED

AT_ONCE: Final = DiallingTimes(patience=0, registration=0.1, release=0)


def says(dialled: str = "CONNECT 9600", **answers: str) -> ScriptedModem:
    """A modem that is dialled with this result, or stops before it with an answer of its own to `AT+...`."""
    own = {f"AT+{command}?": f"{answer}" for command, answer in answers.items()}
    return ScriptedModem(answers={**CLASSIC, **own}, dialled=dialled, setting_up=0, thinking=0, guard=0)


OF_CALLS: Final[Mapping[Outcome, tuple[ScriptedModem | None, str]]] = {
    Outcome.BUSY: (says("BUSY"), r"BUSY. The remote modem is in another call, .* Ask again"),
    Outcome.NO_CARRIER: (says("NO CARRIER"), r"NO CARRIER. .* remote modem is off. .* Check number, power"),
    Outcome.NO_ANSWER: (
        says("NO ANSWER"),
        r"NO ANSWER. The remote modem rings, but does not pick up. It must answer",
    ),
    Outcome.NO_DIAL_TONE: (says("NO DIALTONE"), r"NO DIALTONE. Our modem has no network. Check its SIM card"),
    Outcome.CALL_BARRED: (says("CALL BARRED"), r"CALL BARRED. .* does not allow this call. Ask the operator"),
    Outcome.SIM_MISSING: (
        says(CPIN="+CME ERROR: 10"),
        r"SIM not inserted.* finds no SIM card .* seat the card again",
    ),
    Outcome.SIM_LOCKED: (
        says(CPIN="+CPIN: SIM PUK\r\n\r\nOK"),
        r"wants SIM PUK. The SIM card is locked. .* unlock it in a telephone",
    ),
    Outcome.NOT_REGISTERED: (
        says(CREG="+CREG: 0,3\r\n\r\nOK"),
        r"No network took the modem .* denied. .* Check the antenna",
    ),
    Outcome.MODEM_ERROR: (says("ERROR"), r"ERROR. The SIM card may be missing, .* restart it"),
    Outcome.MODEM_SILENT: (
        ScriptedModem(absent=True),
        r"there is no such device: check that the adapter is plugged in",
    ),
    Outcome.NO_FREE_MODEM: (None, r"No modem of the pool 'main' is free: .* add modems"),
}
"""The only modem of the pool, and what the poll's message says; None: the pool has none."""


async def tools_of(database: Database, modem: ScriptedModem | None) -> Mapping[str, Any]:
    """A collector's tools when this is what it calls with."""
    await Modems(database).add_pool("main")
    if modem is not None:
        await Modems(database).add_own("main", modem.url)

    async def port(url: str) -> Link:
        assert modem is not None
        opened = Port(modem)
        await opened.open()
        return opened

    book = PoolBook(Modems(database), Calls(database), Signals(database))
    dialler = Dialler(CallTerms(book, "main", clock, uuid4, port, AT_ONCE, ModemSettings()))
    return {"open_link": partial(open_link, reached={"csd": dialler.link})}


@contextmanager
def brisk() -> Iterator[None]:
    """Without the pauses that real modems and networks need."""
    with ExitStack() as patches:
        for module, name, value in SHORTENED:
            patches.enter_context(patch.object(module, name, value))
        yield
