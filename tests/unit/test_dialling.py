"""A call from the pool to the meter and back: each result has its word, and modems that fail rest."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from collector.links import Link
from collector.links.fake import Arrival
from collector.links.url import LineUrl
from metering.calls import CallResult, HungUpBy
from metering.errors import CallFailed, LineLost, NotSupported
from metering.signals import SignalSource
from tests.instant_loop import run_instantly
from tests.support.scripted_modem import (
    CHATTY,
    CLASSIC,
    HANG_UP,
    LINE,
    NUMBER,
    REOPENED,
    START,
    ScriptedModem,
    ScriptedPool,
)

MAKES = {"classic": CLASSIC, "chatty": CHATTY}
OTHER = "serial:/dev/ttyUSB1"


async def opened(pool: ScriptedPool) -> Link:
    link = (await pool.dialler()).link(LINE)
    await link.open()
    return link


async def failed(pool: ScriptedPool) -> CallFailed:
    with pytest.raises(CallFailed) as raised:
        await opened(pool)
    return raised.value


async def hear(link: Link, length: int) -> bytes:
    heard = b""
    while len(heard) < length:
        heard += await link.receive(5.0)
    return heard


def nothing_stands(pool: ScriptedPool) -> bool:
    """No modem is in a call, no port open, nothing lent, no task left."""
    modems, entries = pool.modems.values(), pool.book.modems.values()
    return not (
        any(modem.online or modem.port_open for modem in modems)
        or any(entry.holder for entry in entries)
        or asyncio.all_tasks() - {asyncio.current_task()}
    )


@pytest.mark.parametrize("make", MAKES)
def test_a_call_carries_bytes_and_is_written_down(make: str) -> None:
    async def call() -> None:
        pool = ScriptedPool(ScriptedModem(answers=MAKES[make]))
        link = await opened(pool)
        assert link.description == f"csd:{NUMBER}?pool=main via serial:/dev/ttyUSB0"
        await link.send(b"\x10\x5b\x01\x5c\x16")
        assert await hear(link, 5) == b"\x10\x5b\x01\x5c\x16"
        assert await link.receive(1.0) == b""
        await link.close()
        assert nothing_stands(pool)
        [modem] = pool.modems.values()
        assert modem.numbers == [NUMBER]
        assert modem.heard[-2:] == ["+++", "ATH"]
        [written] = pool.book.calls
        assert (written.result, written.hung_up_by, written.cause) == (
            CallResult.CONNECTED,
            HungUpBy.US,
            "",
        )
        assert (written.number, written.collector, written.modem_id) == (NUMBER, "north", 1)
        assert (written.sent, written.received) == (5, 5)
        assert written.connected_at is not None
        assert START < written.connected_at < written.ended_at < pool.now()

    run_instantly(call())


@pytest.mark.parametrize(("make", "level"), [("classic", Decimal(-79)), ("chatty", Decimal(-65))])
def test_the_level_before_the_call_is_kept(make: str, level: Decimal) -> None:
    """CSQ 17 is -113 + 2 x 17 dBm, CESQ 46 is -111 + 46 dBm (3GPP 27.007)."""

    async def call() -> None:
        pool = ScriptedPool(ScriptedModem(answers=MAKES[make]))
        await (await opened(pool)).close()
        [written] = pool.book.calls
        [(modem, kept)] = pool.book.levels
        assert (modem, kept.source, kept.report.level) == (1, SignalSource.CALL, level)
        assert written.signal == kept.report
        assert pool.book.modems[1].identity.imei == "356938035643809"
        assert pool.book.modems[1].last_contact_at == kept.at

    run_instantly(call())


REMOTE = [
    ("BUSY", {}, CallResult.BUSY),
    ("NO CARRIER", {}, CallResult.NO_CARRIER),
    ("NO ANSWER", {}, CallResult.NO_ANSWER),
    ("+CME ERROR: 3", {}, CallResult.CALL_BARRED),
    ("CALL BARRED", {}, CallResult.CALL_BARRED),
]
OURS = [
    ("NO DIALTONE", {}, CallResult.NO_DIAL_TONE),
    ("NO DIAL TONE", {}, CallResult.NO_DIAL_TONE),
    ("ERROR", {}, CallResult.MODEM_ERROR),
    ("CONNECT", {"AT+CPIN?": "+CME ERROR: 10"}, CallResult.SIM_MISSING),
    ("CONNECT", {"AT+CPIN?": "+CPIN: SIM PUK\r\n\r\nOK"}, CallResult.SIM_LOCKED),
    ("CONNECT", {"AT+CPIN?": "+CPIN: SIM PIN\r\n\r\nOK"}, CallResult.SIM_LOCKED),
    ("CONNECT", {"AT+CREG?": "+CREG: 0,2\r\n\r\nOK"}, CallResult.NOT_REGISTERED),
    ("CONNECT", {"AT+CREG?": "+CREG: 0,3\r\n\r\nOK"}, CallResult.NOT_REGISTERED),
]


@pytest.mark.parametrize("make", MAKES)
@pytest.mark.parametrize(("dialled", "answers", "result"), REMOTE, ids=lambda value: str(value))
def test_what_the_far_end_says_ends_the_attempt(
    make: str, dialled: str, answers: dict[str, str], result: CallResult
) -> None:
    async def call() -> None:
        first = ScriptedModem(answers=MAKES[make] | answers, dialled=dialled)
        pool = ScriptedPool(first, ScriptedModem(OTHER))
        error = await failed(pool)
        assert error.result is result
        assert LINE.text in str(error)
        assert nothing_stands(pool)
        assert pool.modems[OTHER].heard == []
        [written] = pool.book.calls
        assert (written.result, written.connected_at, written.hung_up_by) == (result, None, None)
        assert f"> ATD{NUMBER}" in written.cause
        assert pool.book.modems[1].rest_until is None
        assert pool.book.modems[1].failures == 0

    run_instantly(call())


@pytest.mark.parametrize("make", MAKES)
@pytest.mark.parametrize(("dialled", "answers", "result"), OURS, ids=lambda value: str(value))
def test_a_fault_of_ours_rests_the_modem_and_the_next_one_calls(
    make: str, dialled: str, answers: dict[str, str], result: CallResult
) -> None:
    async def call() -> None:
        first = ScriptedModem(answers=MAKES[make] | answers, dialled=dialled)
        pool = ScriptedPool(first, ScriptedModem(OTHER))
        link = await opened(pool)
        assert link.description.endswith(OTHER)
        await link.close()
        assert nothing_stands(pool)
        assert [written.result for written in pool.book.calls] == [result, CallResult.CONNECTED]
        entry = pool.book.modems[1]
        assert entry.failures == 1
        assert entry.fault
        assert entry.rest_until == pool.book.calls[0].ended_at + timedelta(minutes=1) + _pause(first)

    run_instantly(call())


def _pause(modem: ScriptedModem) -> timedelta:
    """A modem that dialled keeps the network's release time before its rest begins."""
    return timedelta(seconds=ScriptedPool().times.release if modem.numbers else 0)


def test_a_pool_without_modems_says_so() -> None:
    async def call() -> None:
        pool = ScriptedPool()
        await pool.dialler()
        link = (await pool.dialler()).link(LineUrl.parse(f"csd:{NUMBER}?pool=other"))
        with pytest.raises(CallFailed, match=r"'other' is free: .*has none") as raised:
            await link.open()
        assert raised.value.result is CallResult.NO_FREE_MODEM
        assert pool.book.calls == []

    run_instantly(call())


def test_when_all_rest_their_faults_are_told() -> None:
    async def call() -> None:
        no_card = {"AT+CPIN?": "+CME ERROR: 10"}
        pool = ScriptedPool(*(ScriptedModem(url, CLASSIC | no_card) for url in ("serial:/dev/a", OTHER)))
        assert (await failed(pool)).result is CallResult.SIM_MISSING
        error = await failed(pool)
        assert error.result is CallResult.NO_FREE_MODEM
        for entry in pool.book.modems.values():
            assert entry.rest_until is not None
            assert f"{entry.url} rests until {entry.rest_until:%H:%M:%S} UTC" in str(error)
        assert "SIM" in str(error)
        assert len(pool.book.calls) == 2

    run_instantly(call())


def test_rests_grow_with_failures_and_a_success_ends_them() -> None:
    """1, 2, 5 and 10 minutes, then always 10."""

    async def call() -> None:
        modem = ScriptedModem(dialled="NO DIALTONE")
        pool = ScriptedPool(modem)
        rests = []
        for _ in range(6):
            await failed(pool)
            entry = pool.book.modems[1]
            assert entry.rest_until is not None
            rests.append((entry.rest_until - pool.now()) / timedelta(minutes=1))
            await asyncio.sleep((entry.rest_until - pool.now()).total_seconds())
        assert rests == [1, 2, 5, 10, 10, 10]
        modem.dialled = "CONNECT"
        await (await opened(pool)).close()
        assert (pool.book.modems[1].failures, pool.book.modems[1].fault) == (0, "")

    run_instantly(call())


def test_a_wrong_pin_is_given_once() -> None:
    """Three wrong ones lock the card."""

    async def call() -> None:
        wrong = {"AT+CPIN?": "+CPIN: SIM PIN\r\n\r\nOK", 'AT+CPIN="1234"': "+CME ERROR: 16"}
        pool = ScriptedPool(modem := ScriptedModem(answers=CLASSIC | wrong))
        dialler = await pool.dialler(pin="1234")
        for _ in range(4):
            with pytest.raises(CallFailed) as raised:
                await dialler.link(LINE).open()
            assert raised.value.result is CallResult.SIM_LOCKED
            await asyncio.sleep(600)
        assert [command for command in modem.heard if "1234" in command] == ['AT+CPIN="1234"']
        assert not any("1234" in written.cause for written in pool.book.calls)

    run_instantly(call())


def test_a_wrong_pin_is_given_once_by_all_collectors_together() -> None:
    """Also by one that was started again: each attempt would count."""

    async def call() -> None:
        wrong = {"AT+CPIN?": "+CPIN: SIM PIN\r\n\r\nOK", 'AT+CPIN="1234"': "+CME ERROR: 16"}
        pool = ScriptedPool(modem := ScriptedModem(answers=CLASSIC | wrong))
        for collector in ("north", "south", "north"):
            dialler = await pool.dialler(collector, pin="1234")
            with pytest.raises(CallFailed) as raised:
                await dialler.link(LINE).open()
            assert raised.value.result is CallResult.SIM_LOCKED
            await asyncio.sleep(600)
        assert [command for command in modem.heard if "1234" in command] == ['AT+CPIN="1234"']

    run_instantly(call())


def test_noise_of_the_modem_is_stored_as_printable_words() -> None:
    """PostgreSQL stores no zero in a text: the whole call would be lost."""

    async def call() -> None:
        pool = ScriptedPool(ScriptedModem(dialled="\x00\x00\x1b[2J\x7f\r\n\r\nNO DIALTONE"))
        await failed(pool)
        (written,) = pool.book.calls
        assert "NO DIALTONE" in written.cause
        assert "??" in written.cause
        assert written.cause.isprintable()

    run_instantly(call())


def test_a_port_that_does_not_open_is_the_modems_fault() -> None:
    async def call() -> None:
        pool = ScriptedPool(ScriptedModem(absent=True), ScriptedModem(OTHER))
        await (await opened(pool)).close()
        assert [written.result for written in pool.book.calls] == [
            CallResult.MODEM_SILENT,
            CallResult.CONNECTED,
        ]
        assert "plugged in" in pool.book.modems[1].fault

    run_instantly(call())


def test_a_silent_modem_is_silent_only_after_every_remedy() -> None:
    async def call() -> None:
        pool = ScriptedPool(modem := ScriptedModem(deaf=()))
        error = await failed(pool)
        assert error.result is CallResult.MODEM_SILENT
        assert list(dict.fromkeys(modem.heard)) == ["AT", "+++", "AT+CFUN=1,1"]
        assert pool.now() - START < timedelta(seconds=pool.times.opening)
        assert nothing_stands(pool)

    run_instantly(call())


@pytest.mark.parametrize("helps", ["+++", REOPENED, "AT+CFUN=1,1"])
def test_a_stuck_modem_is_brought_back(helps: str) -> None:
    async def call() -> None:
        pool = ScriptedPool(ScriptedModem(deaf=(helps,)))
        link = await opened(pool)
        await link.send(b"\xe5")
        assert await hear(link, 1) == b"\xe5"
        await link.close()
        assert pool.book.modems[1].failures == 0

    run_instantly(call())


def test_a_modem_that_refuses_everything_is_reset() -> None:
    async def call() -> None:
        pool = ScriptedPool(modem := ScriptedModem(answers=CLASSIC | {"ATE0V1Q0X4": "ERROR"}))
        modem.mended_by_reset = CLASSIC
        await (await opened(pool)).close()
        assert modem.heard.count("AT+CFUN=1,1") == 1
        assert [written.result for written in pool.book.calls] == [CallResult.CONNECTED]

    run_instantly(call())


def test_a_modem_without_network_time_after_time_is_reset() -> None:
    async def call() -> None:
        searching = CLASSIC | {"AT+CREG?": "+CREG: 0,2\r\n\r\nOK"}
        modem = ScriptedModem(answers=searching, mended_by_reset=CLASSIC)
        pool = ScriptedPool(modem)
        assert (await failed(pool)).result is CallResult.NOT_REGISTERED
        assert "AT+CFUN=1,1" not in modem.heard
        await asyncio.sleep(60)
        await (await opened(pool)).close()
        assert modem.heard.count("AT+CFUN=1,1") == 1
        assert pool.book.modems[1].failures == 0

    run_instantly(call())


def test_a_call_that_a_dead_collector_left_is_ended_first() -> None:
    async def call() -> None:
        pool = ScriptedPool(modem := ScriptedModem(online=True))
        link = await opened(pool)
        assert modem.heard[:3] == ["+++", "AT", "ATH"]
        assert modem.numbers == [NUMBER]
        await link.close()

    run_instantly(call())


def test_a_modem_that_hangs_in_a_call_is_reset_and_rests() -> None:
    async def call() -> None:
        pool = ScriptedPool(modem := ScriptedModem())
        link = await opened(pool)
        modem.deaf = ("AT+CFUN=1,1",)
        await link.close()
        assert "AT+CFUN=1,1" in modem.heard
        assert pool.book.modems[1].failures == 1
        assert pool.book.calls[0].result is CallResult.CONNECTED
        assert not modem.port_open

    run_instantly(call())


def test_closing_a_dead_modem_takes_no_longer_than_its_limit() -> None:
    async def call() -> None:
        pool = ScriptedPool(modem := ScriptedModem())
        link = await opened(pool)
        modem.deaf = ()
        began = pool.now()
        await link.close()
        limit = pool.times.closing + pool.times.release + 5
        assert pool.now() - began <= timedelta(seconds=limit)
        assert not modem.port_open
        assert pool.book.modems[1].rest_until is not None

    run_instantly(call())


def test_no_carrier_ends_the_call_after_what_the_meter_said() -> None:
    async def call() -> None:
        pool = ScriptedPool()
        link = await opened(pool)
        await link.send(b"\xe5")
        await link.send(HANG_UP)
        assert await hear(link, 1) == b"\xe5"
        with pytest.raises(LineLost, match="NO CARRIER"):
            await link.receive(5.0)
        with pytest.raises(LineLost):
            await link.send(b"anybody?")
        assert link.drain() == b""
        await link.close()
        [written] = pool.book.calls
        assert (written.hung_up_by, written.cause) == (HungUpBy.REMOTE, "NO CARRIER")
        assert (written.sent, written.received) == (1 + len(HANG_UP), 1)
        assert pool.modems["serial:/dev/ttyUSB0"].heard[-1] == "ATH"
        assert "+++" not in pool.modems["serial:/dev/ttyUSB0"].heard
        assert pool.book.modems[1].failures == 0

    run_instantly(call())


def test_a_question_is_not_put_to_a_modem_whose_call_is_over() -> None:
    async def call() -> None:
        pool = ScriptedPool()
        link = await opened(pool)
        await link.send(HANG_UP)
        assert await link.receive(0.0) == b""
        with pytest.raises(LineLost, match="NO CARRIER"):
            await link.send(b"\x10\x40\x01\x41\x16")
        assert pool.modems["serial:/dev/ttyUSB0"].heard[-1] == f"ATD{NUMBER}"
        await link.close()

    run_instantly(call())


def test_the_words_within_a_meters_data_are_data() -> None:
    async def call() -> None:
        pool = ScriptedPool()
        link = await opened(pool)
        text = b"\x02\r\nNO CARRIER\r\n\x03"
        await link.send(text)
        assert await hear(link, len(text)) == text
        await link.send(b"still here")
        assert await hear(link, 10) == b"still here"
        await link.close()

    run_instantly(call())


def test_a_port_lost_in_a_call_cuts_the_line_and_rests_the_modem() -> None:
    async def call() -> None:
        pool = ScriptedPool(modem := ScriptedModem(meter=lambda data: [Arrival(None)]))
        link = await opened(pool)
        await link.send(b"?")
        modem.absent = True
        with pytest.raises(LineLost, match="cut on our side"):
            await link.receive(5.0)
        await link.close()
        [written] = pool.book.calls
        assert (written.result, written.hung_up_by) == (CallResult.CONNECTED, None)
        assert pool.book.modems[1].rest_until is not None

    run_instantly(call())


def test_after_a_port_was_lost_the_standing_call_is_ended_through_it() -> None:
    async def call() -> None:
        pool = ScriptedPool(modem := ScriptedModem(meter=lambda data: [Arrival(None)]))
        link = await opened(pool)
        await link.send(b"?")
        with pytest.raises(LineLost, match="cut on our side"):
            await link.receive(5.0)
        modem.port_open = False
        await link.close()
        assert modem.heard[-1] == "ATH"
        assert nothing_stands(pool)

    run_instantly(call())


def test_a_modem_is_given_back_only_after_the_networks_release_time() -> None:
    async def call() -> None:
        pool = ScriptedPool(ScriptedModem(dialled="BUSY"))
        await failed(pool)
        assert pool.now() - pool.book.calls[0].ended_at == timedelta(seconds=pool.times.release)

    run_instantly(call())


def test_serial_settings_are_the_remote_modems() -> None:
    async def call() -> None:
        link = await opened(ScriptedPool())
        with pytest.raises(NotSupported, match=r"AT\+ICF"):
            await link.retune(2400, "E")
        await link.close()

    run_instantly(call())
