"""Each limit of the listener, and hostile callers, through real sockets."""

from __future__ import annotations

import asyncio
import errno
import socket
import struct

import pytest

from collector.inbound import door
from collector.inbound.address import ListenAddress
from collector.inbound.endings import Ending, Refusal
from collector.inbound.limits import Limits
from collector.inbound.listener import Listener
from collector.inbound.reception import Reception
from collector.supervisor import wait
from metering.errors import ConfigurationError
from tests.unit.inbound_house import ICCID, IMEI, NOW, OTHER_IMEI, PATIENCE, Diary, known, listening

HELLO = IMEI.encode() + b"\r\n"


async def test_connections_in_all() -> None:
    async with listening(modems=known(IMEI), connections=2) as house:
        await house.call(HELLO)
        await house.call()
        await house.until(lambda: house.listener.counts().connections == 2)
        assert await (await house.call(HELLO)).cut() == b""
        assert house.listener.counts().refused == {Refusal.FULL: 1}
        assert house.listener.present().keys() == {IMEI}


async def test_unrecognised_connections_of_one_address() -> None:
    async with listening(per_address=2) as house:
        first = await house.call()
        await house.call()
        await house.until(lambda: house.listener.counts().connections == 2)
        await (await house.call()).cut()
        await house.refused(Refusal.PER_ADDRESS)
        await house.call(local_addr=("127.0.0.2", 0))
        await house.until(lambda: house.listener.counts().connections == 3)
        await first.hang_up()
        await house.until(lambda: house.listener.counts().connections == 2)
        await house.call()
        await house.until(lambda: house.listener.counts().connections == 3)


async def test_recognised_connections_count_for_no_address() -> None:
    """Carriers put thousands of modems behind one address."""
    identities = [str(number) for number in range(20)]
    address = "127.0.0.1:0?hello=registration&pattern=([0-9]{1,9})"
    async with listening(address, modems=known(*identities), per_address=1) as house:
        for times, identity in enumerate(identities, start=1):
            await house.call(identity.encode() + b"\r\n")
            await house.diary.until("appeared", times)
        assert house.listener.counts().recognised == 20
        assert not house.listener.counts().refused


async def test_each_recognised_modem_lets_one_more_in_from_its_address() -> None:
    async with listening(modems=known(IMEI), per_address=1) as house:
        await house.call(HELLO)
        await house.diary.until("appeared")
        for _ in range(2):
            await house.call()
        await house.until(lambda: house.listener.counts().connections == 3)
        await (await house.call()).cut()
        await house.refused(Refusal.PER_ADDRESS)


async def test_a_slow_hello() -> None:
    async with listening(hello_time=0.05) as house:
        caller = await house.call(b"35")
        assert await caller.cut() == b""
        await house.refused(Refusal.HELLO_TIME)
        ((_, stranger),) = house.diary.told("stranger")
        assert (stranger.identity, stranger.hello) == ("", b"35")


async def test_an_endless_hello() -> None:
    """It is cut at the bound; no more than that is kept of it."""
    address = "127.0.0.1:0?pattern=LOGIN:([0-9]{1,10})"
    async with listening(address, hello_time=60) as house:
        caller = await house.call(b"AT$IMEI=" + b"9" * 100_000)
        await caller.cut()
        ((_, stranger),) = [await house.diary.until("stranger")]
        assert len(stranger.hello) == 512
        assert sum(house.listener.counts().refused.values()) == 1


@pytest.mark.parametrize("size", [511, 513])
async def test_the_size_of_a_hello_is_bounded_exactly(size: int) -> None:
    address = "127.0.0.1:0?hello=irz"
    async with listening(address, hello_time=60) as house:
        caller = await house.call(b"AT$IMEI=" + b"9" * (size - 8))
        if size > 512:
            await caller.cut()
        else:
            await house.until(lambda: house.listener.counts().connections == 1)
        assert house.listener.counts().refused.get(Refusal.HELLO_SIZE, 0) == (size > 512)


@pytest.mark.parametrize(
    "garbage",
    [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"SSH-2.0-scan\r\n", bytes(range(256))],
    ids=["http", "tls", "ssh", "octets"],
)
async def test_garbage_is_dismissed_at_once(garbage: bytes) -> None:
    async with listening(hello_time=60) as house:
        await (await house.call(garbage)).cut()
        await house.refused(Refusal.HELLO_UNKNOWN)
        ((_, stranger),) = house.diary.told("stranger")
        assert stranger.hello == garbage


async def test_a_port_scan_is_counted_and_not_told() -> None:
    async with listening() as house:
        for _ in range(5):
            await (await house.call()).hang_up()
        await house.refused(Refusal.LEFT, 5)
        assert not house.diary.entries
        await house.until(lambda: not house.listener.counts().connections)


async def test_a_scan_that_resets_is_counted_too() -> None:
    async with listening() as house:
        for _ in range(5):
            caller = await house.call()
            linger = struct.pack("ii", 1, 0)
            caller.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            caller.writer.transport.abort()
        await house.until(lambda: sum(house.listener.counts().refused.values()) == 5)
        await house.until(lambda: not house.listener.counts().connections)


async def test_reports_of_strangers_are_bounded() -> None:
    async with listening(stranger_reports=3, sweep=60) as house:
        for _ in range(6):
            await (await house.call(b"SSH-2.0-scan\r\n")).cut()
        await house.refused(Refusal.HELLO_UNKNOWN, 6)
        assert len(house.diary.told("stranger")) == 3


async def test_the_strangers_that_wait_are_bounded() -> None:
    async with listening(strangers=1) as house:
        await house.call(HELLO)
        await house.diary.until("stranger")
        await (await house.call(OTHER_IMEI.encode() + b"\r\n")).cut()
        await house.refused(Refusal.STRANGERS_FULL)
        assert [name for name, _ in house.diary.told("stranger")] == [IMEI, OTHER_IMEI]


async def test_a_stranger_that_calls_again_takes_its_own_place() -> None:
    async with listening(strangers=1) as house:
        first = await house.call(HELLO)
        await house.diary.until("stranger")
        await house.call(HELLO)
        await house.diary.until("stranger", 2)
        await first.cut()
        assert house.listener.counts().strangers == 1
        house.listener.know(known(IMEI))
        assert house.listener.counts().recognised == 1


async def test_a_stranger_that_floods_is_closed() -> None:
    async with listening() as house:
        caller = await house.call(HELLO)
        await house.diary.until("stranger")
        caller.say(bytes(5000))
        await caller.cut()
        await house.refused(Refusal.STRANGER_FLOODED)


async def test_silence() -> None:
    async with listening(modems=known(IMEI), silence=0.1) as house:
        modem = await house.call(HELLO)
        await house.diary.until("appeared")
        await modem.cut()
        assert await house.diary.until("vanished") == (IMEI, Ending.SILENT)


async def test_a_flood_that_nobody_asked_for() -> None:
    async with listening(modems=known(IMEI), unasked_size=100_000) as house:
        modem = await house.call(HELLO)
        await house.diary.until("appeared")
        modem.say(b"\x01" * 300_000)
        await modem.cut()
        assert await house.diary.until("vanished") == (IMEI, Ending.FLOODED)


async def test_a_flood_of_heartbeats() -> None:
    modems = known(IMEI, options="?heartbeat=50494E47")
    async with listening(modems=modems, heartbeats=10, unasked_size=10**6) as house:
        modem = await house.call(HELLO)
        await house.diary.until("appeared")
        modem.say(b"PING" * 11)
        await modem.cut()
        assert await house.diary.until("vanished") == (IMEI, Ending.FLOODED)


async def test_the_newest_connection_of_a_modem_counts() -> None:
    async with listening(modems=known(IMEI)) as house:
        first = await house.call(HELLO)
        await house.diary.until("appeared")
        second = await house.call(HELLO)
        await house.diary.until("appeared", 2)
        assert await first.cut() == b""
        assert [entry[0] for entry in house.diary.entries if entry[0] != "learned"] == [
            "appeared",
            "vanished",
            "appeared",
        ]
        assert house.diary.told("vanished") == [(IMEI, Ending.REPLACED)]
        await second.hang_up()
        assert await house.diary.until("vanished", 2) == (IMEI, Ending.HUNG_UP)
        assert not house.listener.present()


async def test_a_storm_of_duplicates_leaves_one() -> None:
    async with listening(modems=known(IMEI)) as house:
        for times in range(1, 31):
            await house.call(HELLO)
            await house.diary.until("appeared", times)
        await house.until(lambda: house.listener.counts().connections == 1)
        assert len(house.diary.told("vanished")) == 29


async def test_a_modem_whose_line_is_gone_is_cut_off() -> None:
    async with listening(modems=known(IMEI, OTHER_IMEI)) as house:
        modem = await house.call(HELLO)
        await house.call(OTHER_IMEI.encode() + b"\r\n")
        await house.diary.until("appeared", 2)
        house.listener.know(known(IMEI, OTHER_IMEI)[1:])
        await modem.cut()
        assert house.diary.told("vanished") == [(IMEI, Ending.FORGOTTEN)]
        assert house.listener.present().keys() == {OTHER_IMEI}


async def test_a_heartbeat_that_becomes_known_is_answered_from_then_on() -> None:
    async with listening(modems=known(IMEI)) as house:
        modem = await house.call(HELLO)
        await house.diary.until("appeared")
        house.listener.know(known(IMEI, options="?heartbeat=50494E47&answer=504F4E47"))
        modem.say(b"PING")
        assert await modem.hear(4) == b"PONG"
        assert not house.diary.told("vanished")


async def test_contacts_are_told_once_and_outlive_their_connection() -> None:
    async with listening(modems=known(IMEI, ICCID)) as house:
        await house.call(HELLO)
        await house.diary.until("appeared")
        assert [contact[::2] for contact in house.listener.take_contacts()] == [(1, 0)]
        assert house.listener.take_contacts() == []
        modem = await house.call(ICCID.encode() + b"\n")
        await house.diary.until("appeared", 2)
        await modem.hang_up()
        await house.diary.until("vanished")
        ((modem_id, at, sent, received),) = house.listener.take_contacts()
        assert (modem_id, sent, received) == (2, 0, 20)
        assert at <= NOW


async def test_an_address_that_is_taken_is_a_mistake_of_ours() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        addresses = [
            ListenAddress.parse("127.0.0.1:0"),
            ListenAddress.parse(f"127.0.0.1:{taken.getsockname()[1]}"),
        ]
        listener = Listener(addresses, Limits(), Diary(), lambda: NOW)
        with pytest.raises(ConfigurationError, match="Cannot listen on"):
            listener.bind()


class Exhausted(socket.socket):
    """A listening socket of a process that has no more of them, once."""

    spared = 1

    def accept(self) -> tuple[socket.socket, object]:
        if self.spared:
            self.spared -= 1
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


async def test_without_a_socket_left_it_waits_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "BREATH", 0.02)
    listening_socket = Exhausted()
    listening_socket.bind(("127.0.0.1", 0))
    listening_socket.listen()
    listening_socket.setblocking(False)
    reception = Reception(Limits(), Diary(), lambda: NOW)
    entrance = door.Door(ListenAddress.parse("127.0.0.1:0"), listening_socket, reception, None)
    entrance.open()
    _, writer = await asyncio.open_connection("127.0.0.1", entrance.port)
    async with asyncio.timeout(PATIENCE):
        while not reception.admission.accepted:
            await wait(asyncio.Event(), 0.005)
    assert reception.admission.refused == {Refusal.NO_SOCKET: 1}
    await entrance.close()
    reception.cut_off()
    await reception.admission.empty.wait()
    writer.close()
