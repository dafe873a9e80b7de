"""A modem lost to another collector, a database that is away, callers that are cancelled: nothing stands."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from collector.dialling.fake import FakeBook
from collector.dialling.times import DiallingTimes
from metering.calls import Call, CallResult, HungUpBy
from metering.errors import CallFailed, LineBusy, LineLost, StorageUnavailable
from tests.instant_loop import run_instantly
from tests.support.scripted_modem import CLASSIC, HANG_UP, LINE, NUMBER, ScriptedModem, ScriptedPool
from tests.unit.test_dialling import OTHER, hear, nothing_stands, opened

SEARCHING = CLASSIC | {"AT+CREG?": "+CREG: 0,2\r\n\r\nOK"}


class BookAway(FakeBook):
    """A database that is away, or hangs, from some moment on."""

    away = False
    hangs = False

    async def renew(self, modem_id: int, collector: str, until: datetime) -> bool:
        if self.hangs:
            await asyncio.Event().wait()
        self._check()
        return await super().renew(modem_id, collector, until)

    async def save(self, call: Call) -> None:
        self._check()
        await super().save(call)

    def _check(self) -> None:
        if self.away:
            raise StorageUnavailable


def taken_over(pool: ScriptedPool) -> None:
    pool.book.modems[1].holder = "south"


def test_a_call_of_hours_keeps_its_modem() -> None:
    async def call() -> None:
        pool = ScriptedPool()
        link = await opened(pool)
        for _ in range(100):
            await asyncio.sleep(60)
            assert pool.book.modems[1].lent_until > pool.now()
        await link.send(b"\xe5")
        assert await hear(link, 1) == b"\xe5"
        await link.close()
        assert nothing_stands(pool)

    run_instantly(call())


def test_a_lease_lost_in_a_call_ends_the_call() -> None:
    async def call() -> None:
        pool = ScriptedPool(modem := ScriptedModem())
        link = await opened(pool)
        taken_over(pool)
        with pytest.raises(LineLost, match="another collector"):
            await link.receive(100.0)
        with pytest.raises(LineLost, match="another collector"):
            await link.send(b"?")
        await link.close()
        assert not modem.online
        assert not modem.port_open
        assert modem.heard[-1] == "ATH"
        assert pool.book.modems[1].holder == "south"
        assert [written.hung_up_by for written in pool.book.calls] == [HungUpBy.US]

    run_instantly(call())


def test_a_lease_lost_between_questions_ends_the_call_without_a_talker() -> None:
    async def call() -> None:
        pool = ScriptedPool(modem := ScriptedModem())
        link = await opened(pool)
        taken_over(pool)
        await asyncio.sleep(60)
        assert not modem.online
        assert not modem.port_open
        with pytest.raises(LineLost, match="another collector"):
            await link.receive(1.0)
        await link.close()
        with pytest.raises(LineLost, match="closed"):
            await link.receive(1.0)

    run_instantly(call())


def test_a_lease_lost_while_dialling_ends_the_dialogue() -> None:
    async def call() -> None:
        pool = ScriptedPool(ScriptedModem(answers=SEARCHING))
        link = (await pool.dialler()).link(LINE)
        opening = asyncio.create_task(link.open())
        await asyncio.sleep(10)
        taken_over(pool)
        with pytest.raises(CallFailed, match="another collector"):
            await opening
        assert pool.book.modems[1].holder == "south"
        assert pool.book.modems[1].failures == 0
        assert not pool.modems["serial:/dev/ttyUSB0"].port_open

    run_instantly(call())


def test_a_database_away_for_less_than_the_lease_costs_nothing() -> None:
    async def call() -> None:
        pool = ScriptedPool()
        pool.book = book = BookAway(pool.now)
        link = await opened(pool)
        book.away = True
        await asyncio.sleep(pool.times.lease - pool.times.farewell - 2 * pool.times.renewal)
        book.away = False
        await asyncio.sleep(3600)
        await link.send(b"\xe5")
        assert await hear(link, 1) == b"\xe5"
        await link.close()

    run_instantly(call())


def test_a_database_away_for_longer_ends_the_call() -> None:
    """By then another collector may have the modem."""

    async def call() -> None:
        pool = ScriptedPool(modem := ScriptedModem())
        pool.book = book = BookAway(pool.now)
        link = await opened(pool)
        book.away = True
        with pytest.raises(LineLost, match="another collector"):
            await link.receive(2 * pool.times.lease)
        await link.close()
        assert not modem.online
        assert not modem.port_open

    run_instantly(call())


@pytest.mark.parametrize("failure", ["away", "hangs"])
def test_the_call_is_over_before_another_collector_may_have_its_modem(failure: str) -> None:
    async def call() -> None:
        pool = ScriptedPool(modem := ScriptedModem())
        pool.book = book = BookAway(pool.now)
        await opened(pool)
        setattr(book, failure, True)
        left = book.modems[1].lent_until - pool.now()
        await asyncio.sleep(left.total_seconds() - 1)
        assert not modem.online
        assert not modem.port_open

    run_instantly(call())


def test_a_modem_that_does_not_hang_up_is_left_to_the_next_collector_in_time() -> None:
    async def call() -> None:
        pool = ScriptedPool(modem := ScriptedModem())
        pool.book = book = BookAway(pool.now)
        await opened(pool)
        book.away, modem.deaf = True, ()
        left = book.modems[1].lent_until - pool.now()
        await asyncio.sleep(left.total_seconds() + 0.1)
        assert not modem.port_open

    run_instantly(call())


@pytest.mark.parametrize("ahead", [timedelta(hours=-1), timedelta(hours=1)], ids=["behind", "ahead"])
def test_collectors_whose_clocks_differ_never_share_a_modem(ahead: timedelta) -> None:
    async def call() -> None:
        pool = ScriptedPool(modem := ScriptedModem())
        north, south = await pool.dialler("north"), await pool.dialler("south", ahead=ahead)
        for one, other in ((north, south), (south, north)):
            await (link := one.link(LINE)).open()
            with pytest.raises(CallFailed) as raised:
                await other.link(LINE).open()
            assert raised.value.result is CallResult.NO_FREE_MODEM
            assert modem.online
            await link.close()

    run_instantly(call())


def test_a_call_that_cannot_be_written_down_is_ended_all_the_same() -> None:
    async def call() -> None:
        pool = ScriptedPool()
        pool.book = book = BookAway(pool.now)
        link = await opened(pool)
        book.away = True
        await link.close()
        assert nothing_stands(pool)

    run_instantly(call())


def test_two_collectors_never_share_a_modem() -> None:
    async def call() -> None:
        pool = ScriptedPool()
        north, south = await pool.dialler("north"), await pool.dialler("south")
        link = north.link(LINE)
        await link.open()
        with pytest.raises(CallFailed, match="is free") as raised:
            await south.link(LINE).open()
        assert raised.value.result is CallResult.NO_FREE_MODEM
        await link.close()
        await (again := south.link(LINE)).open()
        await again.close()
        assert [written.collector for written in pool.book.calls] == ["north", "south"]

    run_instantly(call())


def test_a_modem_lent_twice_to_one_collector_is_used_once() -> None:
    """Its first lease ran out unnoticed, as on a computer that slept."""

    async def call() -> None:
        pool = ScriptedPool()
        dialler = await pool.dialler()
        await (link := dialler.link(LINE)).open()
        pool.book.modems[1].lent_until = pool.now()
        with pytest.raises(CallFailed) as raised:
            await dialler.link(LINE).open()
        assert raised.value.result is CallResult.NO_FREE_MODEM
        await link.send(b"\xe5")
        assert await hear(link, 1) == b"\xe5"
        await link.close()

    run_instantly(call())


def test_a_port_that_another_program_holds_is_left_to_it() -> None:
    async def call() -> None:
        pool = ScriptedPool(ScriptedModem(port_open=True), ScriptedModem(OTHER))
        link = await opened(pool)
        assert link.description.endswith(OTHER)
        assert "held by another program" in pool.book.modems[1].fault
        assert pool.modems["serial:/dev/ttyUSB0"].heard == []
        await link.close()

    run_instantly(call())


MOMENTS = [0.0, 0.01, 0.5, 1.5, 3.0, 4.5, 6.0, 9.0, 11.5]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_caller_cancelled_while_opening_leaves_nothing(moment: float) -> None:
    async def call() -> None:
        pool = ScriptedPool()
        link = (await pool.dialler()).link(LINE)
        opening = asyncio.create_task(link.open())
        await asyncio.sleep(moment)
        assert not opening.done()
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        assert nothing_stands(pool)
        await link.close()
        with pytest.raises(LineLost, match="closed"):
            await link.receive(1.0)
        assert pool.book.calls == []
        assert pool.book.modems[1].failures == 0

    run_instantly(call())


@pytest.mark.parametrize("moment", [0.0, 0.1, 1.0])
def test_a_talker_cancelled_leaves_nothing(moment: float) -> None:
    async def call() -> None:
        pool = ScriptedPool()
        link = await opened(pool)
        talker = asyncio.create_task(link.receive(50.0))
        await asyncio.sleep(moment)
        talker.cancel()
        with pytest.raises(asyncio.CancelledError):
            await talker
        with pytest.raises(LineLost, match="closed"):
            await link.receive(1.0)
        await link.close()
        assert nothing_stands(pool)
        assert pool.book.calls[0].hung_up_by is HungUpBy.US

    run_instantly(call())


@pytest.mark.parametrize("moment", [0.0, 0.5, 2.0, 4.0])
def test_a_cancelled_close_is_carried_through(moment: float) -> None:
    async def call() -> None:
        pool = ScriptedPool()
        link = await opened(pool)
        closing = asyncio.create_task(link.close())
        await asyncio.sleep(moment)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        assert nothing_stands(pool)
        assert len(pool.book.calls) == 1

    run_instantly(call())


def test_a_call_cancelled_while_it_rings_is_hung_up() -> None:
    """The remote modem answers after we gave up: no call may stand."""

    async def call() -> None:
        pool = ScriptedPool(modem := ScriptedModem(setting_up=30.0))
        link = (await pool.dialler()).link(LINE)
        opening = asyncio.create_task(link.open())
        await asyncio.sleep(15)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        assert modem.numbers == [NUMBER]
        assert modem.heard[-1] == "ATH"
        assert nothing_stands(pool)

    run_instantly(call())


def test_an_opening_without_end_is_given_up() -> None:
    async def call() -> None:
        pool = ScriptedPool(ScriptedModem(answers=SEARCHING), times=DiallingTimes(opening=20.0, patience=0.0))
        with pytest.raises(CallFailed, match="20 s") as raised:
            await opened(pool)
        assert raised.value.result is CallResult.MODEM_SILENT
        assert nothing_stands(pool)

    run_instantly(call())


def test_closing_while_somebody_listens_wakes_him_and_hangs_up() -> None:
    async def call() -> None:
        pool = ScriptedPool()
        link = await opened(pool)
        talker = asyncio.create_task(link.receive(50.0))
        await asyncio.sleep(1)
        with pytest.raises(LineBusy):
            await link.receive(0.0)
        await link.close()
        with pytest.raises(LineLost, match="closed"):
            await talker
        assert nothing_stands(pool)

    run_instantly(call())


def test_a_link_opens_again_after_a_cut() -> None:
    async def call() -> None:
        pool = ScriptedPool()
        link = await opened(pool)
        await link.send(HANG_UP)
        with pytest.raises(LineLost):
            await link.receive(5.0)
        await link.close()
        await link.open()
        await link.send(b"\xe5")
        assert await hear(link, 1) == b"\xe5"
        await link.close()
        assert [written.hung_up_by for written in pool.book.calls] == [HungUpBy.REMOTE, HungUpBy.US]

    run_instantly(call())


def test_a_caller_waits_for_a_modem_whose_call_ends_soon() -> None:
    async def call() -> None:
        pool = ScriptedPool(times=DiallingTimes())
        first = await opened(pool)
        waiting = asyncio.create_task(opened(pool))
        await asyncio.sleep(pool.times.patience / 2)
        assert not waiting.done()
        await first.close()
        await (await waiting).close()
        assert [written.result for written in pool.book.calls] == [CallResult.CONNECTED] * 2

    run_instantly(call())


def test_his_patience_ends() -> None:
    async def call() -> None:
        pool = ScriptedPool(times=DiallingTimes())
        first = await opened(pool)
        began = pool.now()
        with pytest.raises(CallFailed) as raised:
            await opened(pool)
        assert raised.value.result is CallResult.NO_FREE_MODEM
        assert (pool.now() - began).total_seconds() == pytest.approx(pool.times.patience, abs=1)
        await first.close()

    run_instantly(call())


def test_nobody_waits_for_the_modem_that_just_failed_him() -> None:
    async def call() -> None:
        pool = ScriptedPool(ScriptedModem(dialled="NO DIALTONE"), times=DiallingTimes())
        with pytest.raises(CallFailed) as raised:
            await opened(pool)
        assert raised.value.result is CallResult.NO_DIAL_TONE
        assert len(pool.book.calls) == 1

    run_instantly(call())


def test_ten_callers_and_two_modems_never_meet() -> None:
    async def call() -> None:
        pool = ScriptedPool(ScriptedModem(), ScriptedModem(OTHER))
        dialler = await pool.dialler()

        async def caller(number: int) -> bool:
            link = dialler.link(LINE)
            try:
                await link.open()
            except CallFailed as error:
                assert error.result is CallResult.NO_FREE_MODEM
                return False
            await link.send(bytes([number]))
            assert await hear(link, 1) == bytes([number])
            await link.close()
            return True

        assert sorted(await asyncio.gather(*map(caller, range(10)))) == [False] * 8 + [True] * 2
        assert nothing_stands(pool)

    run_instantly(call())
