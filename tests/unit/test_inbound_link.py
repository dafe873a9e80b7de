"""What is special about the link of a modem that called us; the rest is in the conformance suite."""

from __future__ import annotations

import asyncio

import pytest

from collector.inbound.endings import Ending
from collector.links import Link
from collector.links.url import LineUrl
from metering.errors import LineBusy, LineLost, ModemAway
from tests.unit.inbound_house import IMEI, IRZ_IMEI, IRZ_LOGIN, PATIENCE, House, known, listening

HELLO = IMEI.encode() + b"\r\n"
KEEP_ALIVE = bytes.fromhex("B5 BC BD BE BF")
"""gprs-gateways.md, 3.2."""


def link_of(house: House, identity: str = IMEI) -> Link:
    return house.listener.link(LineUrl.parse(f"inbound:{identity}"))


async def hear(link: Link, size: int) -> bytes:
    heard = b""
    async with asyncio.timeout(PATIENCE):
        while len(heard) < size:
            heard += await link.receive(PATIENCE)
    return heard


async def test_a_modem_that_never_called() -> None:
    async with listening(modems=known(IMEI)) as house:
        with pytest.raises(
            ModemAway, match=rf"inbound:{IMEI} cannot be opened: the modem has not connected since"
        ):
            await link_of(house).open()


async def test_a_modem_that_was_here_and_is_away() -> None:
    async with listening(modems=known(IMEI)) as house:
        modem = await house.call(HELLO)
        await house.diary.until("appeared")
        await modem.hang_up()
        await house.diary.until("vanished")
        with pytest.raises(
            ModemAway, match=r"since 2026-01-10 10:02:00 UTC \(the modem hung up\), last heard"
        ):
            await link_of(house).open()


async def test_one_connection_has_one_talker() -> None:
    async with listening(modems=known(IMEI)) as house:
        await house.call(HELLO)
        await house.diary.until("appeared")
        first, second = link_of(house), link_of(house)
        await first.open()
        assert house.listener.counts().talking == 1
        with pytest.raises(LineBusy, match="another conversation"):
            await second.open()
        await first.close()
        await second.open()
        await second.close()
        assert house.listener.counts().talking == 0


async def test_a_closed_link_leaves_the_modem_connected() -> None:
    async with listening(modems=known(IMEI)) as house:
        modem = await house.call(HELLO)
        await house.diary.until("appeared")
        link = link_of(house)
        for question in (b"\x10\x40", b"\x10\x5b"):
            await link.open()
            await link.send(question)
            assert await modem.hear(2) == question
            await link.close()
        assert not house.diary.told("vanished")


async def test_a_broken_off_conversation_costs_the_connection() -> None:
    """Half an answer must not meet the next question."""
    async with listening(modems=known(IMEI)) as house:
        modem = await house.call(HELLO)
        await house.diary.until("appeared")
        link = link_of(house)
        await link.open()
        talker = asyncio.create_task(link.receive(PATIENCE))
        await asyncio.sleep(0)
        talker.cancel()
        await asyncio.wait([talker])
        assert await house.diary.until("vanished") == (IMEI, Ending.ABANDONED)
        await modem.cut()


async def test_an_opening_that_is_broken_off_costs_nothing() -> None:
    async with listening(modems=known(IMEI), settling=PATIENCE) as house:
        await house.call(HELLO)
        await house.diary.until("appeared")
        opening = asyncio.create_task(link_of(house).open())
        await asyncio.sleep(0)
        assert house.listener.counts().talking == 1
        opening.cancel()
        await asyncio.wait([opening])
        assert house.listener.counts().talking == 0
        assert not house.diary.told("vanished")


async def test_what_came_while_nobody_listened_answers_no_question() -> None:
    async with listening(modems=known(IMEI)) as house:
        modem = await house.call(HELLO)
        await house.diary.until("appeared")
        house.listener.take_contacts()
        modem.say(b"late answer")
        await house.until(lambda: bool(house.listener.take_contacts()))
        link = link_of(house)
        await link.open()
        assert link.drain() == b""
        modem.say(b"new")
        assert await hear(link, 3) == b"new"
        await link.close()


async def test_heartbeats_stay_outside_the_conversation() -> None:
    """Also one that is split over two segments and glued to an answer."""
    async with listening(modems=known(IRZ_IMEI)) as house:
        modem = await house.call(IRZ_LOGIN)
        await house.diary.until("appeared")
        link = link_of(house, IRZ_IMEI)
        await link.open()
        modem.say(KEEP_ALIVE + b"\x68\x03\x03" + KEEP_ALIVE[:2])
        assert await hear(link, 3) == b"\x68\x03\x03"
        modem.say(KEEP_ALIVE[2:] + b"\x68\x16")
        assert await hear(link, 2) == b"\x68\x16"
        await link.close()


async def test_what_only_began_like_a_heartbeat_is_the_meters() -> None:
    async with listening(modems=known(IRZ_IMEI)) as house:
        modem = await house.call(IRZ_LOGIN)
        await house.diary.until("appeared")
        link = link_of(house, IRZ_IMEI)
        await link.open()
        modem.say(b"\x16" + KEEP_ALIVE[:3])
        assert await hear(link, 4) == b"\x16" + KEEP_ALIVE[:3]
        await link.close()


async def test_a_configured_heartbeat_is_answered_while_nobody_talks() -> None:
    async with listening(modems=known(IMEI, options="?heartbeat=55AA&answer=AA55")) as house:
        modem = await house.call(HELLO)
        await house.diary.until("appeared")
        modem.say(b"\x55\xaa")
        assert await modem.hear(2) == b"\xaa\x55"


async def test_a_modem_that_connects_anew_ends_the_conversation_on_the_old_connection() -> None:
    async with listening(modems=known(IMEI)) as house:
        await house.call(HELLO)
        await house.diary.until("appeared")
        link = link_of(house)
        await link.open()
        talker = asyncio.create_task(link.receive(PATIENCE))
        newer = await house.call(HELLO)
        with pytest.raises(LineLost, match="connected anew"):
            await talker
        await link.close()
        await link.open()
        await link.send(b"?")
        assert await newer.hear(1) == b"?"
        await link.close()


async def test_a_modem_that_connects_anew_while_a_link_is_opened() -> None:
    async with listening(modems=known(IMEI), settling=0.2) as house:
        await house.call(HELLO)
        await house.diary.until("appeared")
        opening = asyncio.create_task(link_of(house).open())
        await asyncio.sleep(0)
        await house.call(HELLO)
        with pytest.raises(LineLost, match="connected anew"):
            await opening


async def test_a_stop_lets_the_conversation_end() -> None:
    async with listening(modems=known(IMEI, IRZ_IMEI)) as house:
        modem = await house.call(HELLO)
        idle = await house.call(IRZ_LOGIN)
        await house.diary.until("appeared", 2)
        link = link_of(house)
        await link.open()
        house.stop.set()
        await idle.reader.read()
        assert house.diary.told("vanished") == [(IRZ_IMEI, Ending.STOPPED)]
        await link.send(b"?")
        assert await modem.hear(1) == b"?"
        modem.say(b"!")
        assert await hear(link, 1) == b"!"
        await link.close()
        await modem.cut()
        assert await house.diary.until("vanished", 2) == (IMEI, Ending.STOPPED)


async def test_a_stop_waits_for_no_conversation_forever() -> None:
    async with listening(modems=known(IMEI), farewell=0.02) as house:
        await house.call(HELLO)
        await house.diary.until("appeared")
        link = link_of(house)
        await link.open()
        house.stop.set()
        with pytest.raises(LineLost, match="the collector stops"):
            await link.receive(PATIENCE)
        await link.close()
