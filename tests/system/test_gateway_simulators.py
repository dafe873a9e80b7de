"""Simulated gateways connect to a bare socket: their hellos, their meters, and what befalls them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest

from simulators.faults import Fault, FaultyFarEnd
from simulators.fronts import tcp_front
from simulators.gateways.connecting import ConnectingGateway, inbound_front
from simulators.gateways.gateway import Gateway, GatewayKind
from simulators.gateways.mishaps import Conditions, Fate, Mishap
from simulators.gateways.strangers import STRANGERS, Stranger, crowd, scan, visit
from simulators.gateways.wedge import Wedge, WedgingFarEnd
from simulators.lines import Bus, FarEnd
from tests.instant_loop import run_instantly
from tests.support.head_end import Caller, HeadEnd, head_end
from tests.support.talker import talking_tcp

IMEI = "356938035643809"
DATE_LINE = b"20240315143000,MOD=DAT,\r"
PACKED_KEEP_ALIVE = bytes.fromhex("C8 CA CB CC CD 02 00 05 B5 BC BD BE BF 0D 0A")
AUTHORISE = bytes.fromhex("C0 00 06 00 14" + "00" * 20 + "E7 48 C2")
ACCEPT = bytes.fromhex("C0 01 06 01 00 14" + "00" * 20 + "02 FD C2")
ASK, ANSWER = b"ask 1", b"the meter's answer"


class Meter:
    def __init__(self, answer: bytes = ANSWER) -> None:
        self._answer = answer

    def hear(self, frame: bytes) -> bytes:
        return self._answer


def bus(answer: bytes = ANSWER) -> Bus:
    return Bus(
        [Meter(answer)], lambda buffer: (ASK, len(buffer)) if buffer.endswith(ASK) else None, Random(1)
    )


@asynccontextmanager
async def connecting(
    listening: HeadEnd,
    kind: str = "imei",
    identity: str = IMEI,
    mishaps: dict[Mishap, float] | None = None,
    far_end: FarEnd | None = None,
    **settings: object,
) -> AsyncIterator[ConnectingGateway]:
    gateway = Gateway(kind=GatewayKind(kind), identity=identity, **{"reconnect": 0.01, **settings})  # type: ignore[arg-type]
    fate = Fate(Conditions(mishaps or {}), 0.0, Random(2))
    async with inbound_front(
        far_end or bus(), gateway, lambda gateway: listening.address, fate=fate, csq=lambda: 22
    ) as running:
        yield running


async def registered(listening: HeadEnd) -> Caller:
    """The next caller, after its IMEI was heard."""
    caller = await listening.caller()
    assert await caller.hear(len(IMEI)) == IMEI.encode()
    return caller


class TestLogin:
    async def test_3_1_irz_passes_data_after_the_date_line(self) -> None:
        async with head_end() as listening, connecting(listening, "irz"):
            caller = await listening.caller()
            line = await caller.segment()
            assert line.startswith(f"AT$IMEI={IMEI},".encode())
            assert b",CSQ=22," in line
            assert await caller.is_silent()
            assert await caller.ask(DATE_LINE + ASK, len(ANSWER)) == ANSWER

    async def test_3_1_irz_hangs_up_on_another_answer_and_comes_again(self) -> None:
        async with head_end() as listening, connecting(listening, "irz") as gateway:
            caller = await listening.caller()
            await caller.segment()
            caller.say(b"HTTP/1.1 400 Bad Request\r\n")
            assert await caller.segment() == b""
            await listening.caller()
            assert gateway.sessions == 2

    async def test_3_1_irz_hangs_up_where_nobody_answers(self) -> None:
        async with head_end() as listening, connecting(listening, "irz", patience=0.05):
            caller = await listening.caller()
            await caller.segment()
            assert await caller.segment() == b""

    async def test_4_2_wrx_answers_the_server_and_is_transparent_once_accepted(self) -> None:
        async with head_end() as listening, connecting(listening, "wrx"):
            caller = await listening.caller()
            assert await caller.is_silent()
            caller.say(AUTHORISE)
            assert IMEI.encode() in await caller.segment()
            assert await caller.ask(ACCEPT + ASK, len(ANSWER)) == ANSWER

    @pytest.mark.parametrize(
        ("kind", "identity"), [("imei", IMEI), ("iccid", "8977010001123456784"), ("usr", "LOGIN:1001")]
    )
    async def test_5_registrations(self, kind: str, identity: str) -> None:
        async with head_end() as listening, connecting(listening, kind, identity):
            caller = await listening.caller()
            assert await caller.segment() == identity.encode()
            assert await caller.ask(ASK, len(ANSWER)) == ANSWER

    async def test_5_with_data_every_packet_carries_the_registration(self) -> None:
        async with head_end() as listening, connecting(listening, "usr", "N1", with_data=True):
            caller = await listening.caller()
            assert await caller.segment() == b"N1"
            caller.say(ASK)
            assert await caller.segment() == b"N1" + ANSWER

    async def test_2_a_silent_one_comes_from_its_own_address(self) -> None:
        async with head_end() as listening, connecting(listening, "silent", "address:127.0.0.9"):
            caller = await listening.caller()
            assert caller.source == "127.0.0.9"
            assert await caller.is_silent()
            assert await caller.ask(ASK, len(ANSWER)) == ANSWER


class TestHeartbeats:
    async def test_5_while_idle_the_custom_bytes_come(self) -> None:
        async with head_end() as listening, connecting(listening, heartbeat=b"ping", beat=0.05):
            caller = await registered(listening)
            assert await caller.segment() == b"ping"
            assert await caller.segment() == b"ping"

    async def test_3_2_an_encapsulated_keep_alive_comes_in_two_segments(self) -> None:
        mishaps = {Mishap.HEARTBEAT_SPLIT: 1.0}
        async with (
            head_end() as listening,
            connecting(listening, "irz-encapsulated", mishaps=mishaps, beat=0.05) as gateway,
        ):
            caller = await listening.caller()
            await caller.segment()
            caller.say(DATE_LINE)
            first = await caller.segment()
            assert PACKED_KEEP_ALIVE.startswith(first)
            assert 0 < len(first) < len(PACKED_KEEP_ALIVE)
            assert first + await caller.hear(len(PACKED_KEEP_ALIVE) - len(first)) == PACKED_KEEP_ALIVE
            assert gateway.counts[Mishap.HEARTBEAT_SPLIT] >= 1

    async def test_a_heartbeat_comes_glued_to_an_answer(self) -> None:
        mishaps = {Mishap.HEARTBEAT_GLUED: 1.0}
        async with head_end() as listening, connecting(listening, mishaps=mishaps, heartbeat=b"ping"):
            caller = await registered(listening)
            caller.say(ASK)
            assert await caller.segment() == b"ping" + ANSWER

    async def test_a_gateway_leaves_who_does_not_answer_its_heartbeats(self) -> None:
        async with (
            head_end() as listening,
            connecting(listening, heartbeat=b"ping", answer=b"pong", beat=0.02),
        ):
            caller = await registered(listening)
            assert await caller.hear(3 * len(b"ping")) == b"ping" * 3
            assert await caller.segment() == b""
            await registered(listening)

    async def test_a_gateway_stays_with_who_does(self) -> None:
        async with (
            head_end() as listening,
            connecting(listening, heartbeat=b"ping", answer=b"pong", beat=0.02) as gateway,
        ):
            caller = await registered(listening)
            for _ in range(6):
                assert await caller.ask(b"", 4) == b"ping"
                caller.say(b"pong")
            assert gateway.sessions == 1


class TestNetwork:
    async def test_a_forgotten_mapping_leaves_a_dumb_socket_and_a_duplicate(self) -> None:
        """gprs-gateways.md, section 1: no FIN arrives; the newest connection wins."""
        async with head_end() as listening, connecting(listening) as gateway:
            old = await registered(listening)
            assert await old.ask(ASK, len(ANSWER)) == ANSWER
            gateway.lose_mapping()
            new = await registered(listening)
            old.say(ASK)
            assert await old.is_silent()
            assert await new.ask(ASK, len(ANSWER)) == ANSWER
            assert (gateway.sessions, gateway.counts) == (2, {Mishap.MAPPING_LOST: 1})

    async def test_a_request_finds_the_mapping_forgotten(self) -> None:
        async with head_end() as listening, connecting(listening, mishaps={Mishap.MAPPING_LOST: 1.0}):
            old = await registered(listening)
            old.say(ASK)
            assert await old.is_silent()
            await registered(listening)

    async def test_only_the_last_dumb_sockets_are_kept(self) -> None:
        async with head_end() as listening, connecting(listening) as gateway:
            old = [await registered(listening)]
            for _ in range(5):
                gateway.lose_mapping()
                old.append(await registered(listening))
            assert await old[0].segment() == b""
            assert await old[-2].is_silent()

    async def test_a_reset_comes_in_the_middle_of_the_answer(self) -> None:
        async with head_end() as listening, connecting(listening, mishaps={Mishap.RESET: 1.0}) as gateway:
            caller = await registered(listening)
            caller.say(ASK)
            heard = b""
            while segment := await caller.segment():
                heard += segment
            assert ANSWER.startswith(heard)
            assert heard != ANSWER
            await registered(listening)
            assert gateway.counts == {Mishap.RESET: 1}

    async def test_the_serial_side_loses_a_byte(self) -> None:
        async with head_end() as listening, connecting(listening, mishaps={Mishap.BYTE_LOST: 1.0}):
            caller = await registered(listening)
            heard = await caller.ask(ASK, len(ANSWER) - 1)
            assert heard in {ANSWER[:lost] + ANSWER[lost + 1 :] for lost in range(len(ANSWER))}
            assert await caller.is_silent()

    async def test_of_an_answer_that_was_lost_whole_no_byte_can_be_lost(self) -> None:
        lost = FaultyFarEnd(bus(b"."), {Fault.TRUNCATED: 1.0}, Random(1), "m-bus")
        mishaps = {Mishap.BYTE_LOST: 1.0}
        async with head_end() as listening, connecting(listening, mishaps=mishaps, far_end=lost) as gateway:
            caller = await registered(listening)
            caller.say(ASK)
            assert await caller.is_silent()
            assert gateway.sessions == 1
            assert not gateway.counts

    async def test_a_gateway_comes_again_after_a_reset(self) -> None:
        async with head_end() as listening, connecting(listening) as gateway:
            caller = await registered(listening)
            gateway.reset()
            assert await caller.segment() == b""
            again = await registered(listening)
            assert await again.ask(ASK, len(ANSWER)) == ANSWER

    async def test_a_gateway_waits_for_a_head_end_that_is_away(self) -> None:
        async with head_end() as listening:
            port = listening.address[1]
            away = HeadEnd()
            away.address = listening.address
        async with connecting(away, reconnect=0.001) as gateway:
            for _ in range(2):
                async with head_end(port) as listening:
                    caller = await registered(listening)
                    assert await caller.ask(ASK, len(ANSWER)) == ANSWER
        assert gateway.sessions >= 2


async def test_tries_in_vain_become_rarer() -> None:
    """After pauses of 1, 2, 4 and then 8 reconnect delays, the 5th try is at 15 of them, the 15th at 95."""
    tries = 0

    def nobody_there(gateway: Gateway) -> tuple[str, int]:
        nonlocal tries
        tries += 1
        return ("127.0.0.1", 1)

    async def try_for(seconds: float) -> None:
        gateway = Gateway(kind=GatewayKind.IMEI, identity=IMEI, reconnect=1.0)
        fate = Fate(Conditions({}), 0.0, Random(1))
        async with inbound_front(bus(), gateway, nobody_there, fate=fate, csq=lambda: 22):
            await asyncio.wait([asyncio.create_task(asyncio.Event().wait())], timeout=seconds)

    await asyncio.to_thread(run_instantly, try_for(95.5))
    assert tries == 15


async def test_nothing_is_left_of_a_gateway() -> None:
    tasks, files = asyncio.all_tasks(), open_files()
    async with head_end() as listening:
        async with connecting(listening) as gateway:
            await registered(listening)
            gateway.lose_mapping()
            caller = await registered(listening)
            caller.say(ASK)
        assert not gateway.attached
    assert asyncio.all_tasks() <= tasks
    assert open_files() == files


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


class TestWedges:
    async def test_a_dumb_one_accepts_and_passes_nothing_until_it_is_restarted(self) -> None:
        gateway = WedgingFarEnd(bus(), Wedge.DUMB, after=1)
        async with tcp_front(gateway) as port:
            async with talking_tcp(port) as talker:
                assert await talker.ask(ASK, len(ANSWER)) == ANSWER
                assert await talker.ask(ASK) == b""
            async with talking_tcp(port) as talker:
                assert await talker.ask(ASK) == b""
                gateway.restart()
                assert await talker.ask(ASK, len(ANSWER)) == ANSWER

    async def test_a_second_client_is_turned_away_while_there_is_a_first(self) -> None:
        gateway = WedgingFarEnd(bus(), Wedge.SINGLE)
        async with tcp_front(gateway) as port, talking_tcp(port) as first:
            assert await first.ask(ASK, len(ANSWER)) == ANSWER
            async with talking_tcp(port) as second:
                assert await second.ask(b"") == b""
            assert await first.ask(ASK, len(ANSWER)) == ANSWER
            assert gateway.turned_away == 1

    async def test_a_single_client_leaves_room_for_the_next(self) -> None:
        async with tcp_front(WedgingFarEnd(bus(), Wedge.SINGLE)) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(ASK)
            await reader.readexactly(len(ANSWER))
            writer.write_eof()
            assert await reader.read() == b""  # the gateway has noticed
            async with talking_tcp(port) as second:
                assert await second.ask(ASK, len(ANSWER)) == ANSWER
            writer.close()
            await writer.wait_closed()

    async def test_a_closing_one_hangs_up_at_once(self) -> None:
        async with tcp_front(WedgingFarEnd(bus(), Wedge.CLOSING)) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            assert await asyncio.wait_for(reader.read(), 5) == b""
            writer.close()
            await writer.wait_closed()


class TestStrangers:
    @pytest.mark.parametrize(
        ("name", "beginning"),
        [("http", b"GET / HTTP/1.1\r\n"), ("tls", b"\x16\x03\x01"), ("ssh", b"SSH-2.0-"), ("silence", b"")],
    )
    async def test_what_they_say(self, name: str, beginning: bytes) -> None:
        async with head_end() as listening:
            visiting = asyncio.create_task(visit(listening.address, STRANGERS[name], Random(1)))
            caller = await listening.caller()
            assert (await caller.segment() if beginning else b"").startswith(beginning)
            caller.say(b"go away")
            await caller.hang_up()
            fared = await visiting
        assert fared.hung_up
        assert (fared.said > 0) == bool(beginning)

    async def test_an_endless_hello_ends_when_it_is_hung_up_on(self) -> None:
        async with head_end() as listening:
            visiting = asyncio.create_task(visit(listening.address, STRANGERS["endless-hello"], Random(1)))
            caller = await listening.caller()
            assert await caller.hear(512) == b"A" * 512
            await caller.hang_up()
            assert (await visiting).hung_up

    async def test_a_slow_hello_comes_byte_by_byte(self) -> None:
        slow = Stranger(STRANGERS["slow-hello"].says, pause=0.01)
        async with head_end() as listening:
            visiting = asyncio.create_task(visit(listening.address, slow, Random(1)))
            caller = await listening.caller()
            assert await caller.segment() == b"A"
            assert await caller.hear(4) == b"T$IM"
            await caller.hang_up()
            assert (await visiting).hung_up

    async def test_one_who_is_not_hung_up_on_says_so(self) -> None:
        async with head_end() as listening:
            fared = await visit(listening.address, STRANGERS["garbage"], Random(1), patience=0.05)
        assert not fared.hung_up
        assert fared.said > 0

    async def test_a_scan_meets_somebody_or_nobody(self) -> None:
        async with head_end() as listening:
            assert await scan(listening.address, 5) == 5
        assert await scan(listening.address, 5) == 0

    async def test_duplicates_say_the_same_and_those_thrown_out_are_known(self) -> None:
        async with head_end() as listening, crowd(listening.address, 150, IMEI.encode()) as guests:
            callers = [await registered(listening) for _ in range(150)]
            assert guests.present == 150
            for caller in callers[:149]:
                await caller.hang_up()
            async with asyncio.timeout(5):
                await asyncio.gather(*(guest.left.wait() for guest in guests.guests[:149]))
            assert guests.present == 1

    @pytest.mark.parametrize("count", [0, 20_001])
    async def test_a_crowd_has_its_limits(self, count: int) -> None:
        with pytest.raises(ValueError, match="guests"):
            async with crowd(("127.0.0.1", 1), count):
                pass
