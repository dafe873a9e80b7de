"""What simulated gateways say and accept. The bytes are those that gprs-gateways.md prints."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from simulators.gateways.dialogue import Dialogue, Heard
from simulators.gateways.families import csq_at, dialogue_of
from simulators.gateways.gateway import Gateway, GatewayKind
from simulators.gateways.numbers import is_checked
from simulators.gateways.wrx import Frame, decode

IMEI = "861785006123456"
DATE_LINE = b"20240315143000,MOD=DAT,\r"
KEEP_ALIVE = bytes.fromhex("B5 BC BD BE BF")
PACKED_KEEP_ALIVE = bytes.fromhex("C8 CA CB CC CD 02 00 05 B5 BC BD BE BF 0D 0A")
ASK_SIGNAL = bytes.fromhex("C8 CA CB CC CD 0C 00 03 01 40 01 0D 0A")
ASK_ICCID = bytes.fromhex("C8 CA CB CC CD 0C 00 03 00 40 0B 0D 0A")
ASK_TEMPERATURE = bytes.fromhex("C8 CA CB CC CD 0C 00 03 00 40 05 0D 0A")
AUTHORISE = bytes.fromhex("C0 00 06 00 14" + "00" * 20 + "E7 48 C2")
ACCEPT = bytes.fromhex("C0 01 06 01 00 14" + "00" * 20 + "02 FD C2")
WRX_SIGNAL = bytes.fromhex("C0 00 00 7B 00 63 50 C2")
WRX_IMEI = bytes.fromhex("C0 00 00 76 00 3F 26 C2")
REQUEST = bytes.fromhex("10 5B 01 5C 16")


def gateway(kind: str, identity: str = IMEI, **settings: object) -> Gateway:
    return Gateway(kind=GatewayKind(kind), identity=identity, **settings)  # type: ignore[arg-type]


def dialogue(kind: str, identity: str = IMEI, **settings: object) -> Dialogue:
    return dialogue_of(gateway(kind, identity, **settings), lambda: 22)


def data_packet(kind: int, payload: bytes) -> bytes:
    head = bytes.fromhex("C8 CA CB CC CD") + bytes([kind]) + len(payload).to_bytes(2, "big")
    return head + payload + b"\r\n"


class TestIrz:
    """gprs-gateways.md, section 3."""

    def test_3_1_the_login_line_follows_the_signal_level(self) -> None:
        line = dialogue("irz").greeting()
        assert re.match(rb"AT\$IMEI=(\d{15}),PSW=5492,TYP=ATM,", line)
        assert b",CSQ=22," in line
        assert line.endswith(b",\n")
        assert b"COLPROT" not in line

    def test_3_1_colprot_is_said_with_encapsulation_only(self) -> None:
        assert b",COLPROT=1.3," in dialogue("irz-encapsulated").greeting()

    def test_3_1_data_pass_after_the_date_line(self) -> None:
        irz = dialogue("irz")
        assert not irz.ready
        assert irz.hear(DATE_LINE + REQUEST) == Heard(payload=REQUEST)
        assert irz.ready
        assert irz.hear(REQUEST) == Heard(payload=REQUEST)
        assert irz.wrap(b"\xe5") == b"\xe5"

    @pytest.mark.parametrize("cut", range(1, len(DATE_LINE)))
    def test_3_1_the_date_line_may_come_in_pieces(self, cut: int) -> None:
        irz = dialogue("irz")
        assert irz.hear(DATE_LINE[:cut]) == Heard()
        assert not irz.ready
        assert irz.hear(DATE_LINE[cut:]) == Heard()
        assert irz.ready

    @pytest.mark.parametrize(
        "answer",
        [
            b"20240315143000,MOD=DAT,\n\r",
            b"20240315143000,MOD=SET,\r",
            b"20241315143000,MOD=DAT,\r",
            b"240315143000,MOD=DAT,\r",
            b"OK\r",
            REQUEST * 5,
        ],
    )
    def test_3_1_any_other_answer_makes_it_hang_up(self, answer: bytes) -> None:
        irz = dialogue("irz")
        assert irz.hear(answer).dismissed
        assert not irz.ready

    def test_3_2_keep_alive(self) -> None:
        assert dialogue("irz").heartbeat() == KEEP_ALIVE
        assert dialogue("irz-encapsulated").heartbeat() == PACKED_KEEP_ALIVE

    @pytest.mark.parametrize("kind", [0x01, 0x03])
    def test_3_2_data_go_in_packets_of_the_type_that_the_head_end_uses(self, kind: int) -> None:
        irz = dialogue("irz-encapsulated")
        irz.hear(DATE_LINE)
        assert irz.hear(data_packet(kind, REQUEST)) == Heard(payload=REQUEST)
        assert irz.wrap(b"\xe5") == data_packet(kind, b"\xe5")

    def test_3_2_a_packet_holds_1180_bytes_at_most(self) -> None:
        irz = dialogue("irz-encapsulated")
        assert irz.wrap(bytes(1181)) == data_packet(1, bytes(1180)) + data_packet(1, bytes(1))

    def test_3_2_packets_may_be_cut_glued_and_surrounded_by_noise(self) -> None:
        irz = dialogue("irz-encapsulated")
        irz.hear(DATE_LINE)
        stream = b"\x00" + data_packet(1, REQUEST) + PACKED_KEEP_ALIVE + data_packet(1, b"\x16")
        heard = [irz.hear(bytes([octet])) for octet in stream]
        assert b"".join(each.payload for each in heard) == REQUEST + b"\x16"

    def test_3_2_raw_bytes_are_not_for_the_meter(self) -> None:
        irz = dialogue("irz-encapsulated")
        irz.hear(DATE_LINE)
        assert irz.hear(REQUEST) == Heard()

    def test_3_3_command_01_says_the_signal_level(self) -> None:
        irz = dialogue("irz-encapsulated")
        irz.hear(DATE_LINE)
        answer = bytes.fromhex("C8 CA CB CC CD 0C 00 04 01 40 01 16 0D 0A")
        assert irz.hear(ASK_SIGNAL) == Heard(reply=answer)

    def test_3_3_command_0b_says_the_iccid(self) -> None:
        irz = dialogue("irz-encapsulated")
        irz.hear(DATE_LINE)
        reply = irz.hear(ASK_ICCID).reply
        assert reply.startswith(bytes.fromhex("C8 CA CB CC CD 0C 00 16 01 40 0B"))
        iccid = reply[11:-2].decode()
        assert len(iccid) == 19
        assert is_checked(iccid)

    def test_3_3_command_05_says_the_temperature_plus_100(self) -> None:
        irz = dialogue("irz-encapsulated")
        irz.hear(DATE_LINE)
        answer = bytes.fromhex("C8 CA CB CC CD 0C 00 04 01 40 05 79 0D 0A")  # 21 °C
        assert irz.hear(ASK_TEMPERATURE).reply == answer


class TestWrx:
    """gprs-gateways.md, section 4."""

    def test_4_1_stuffing(self) -> None:
        raw = Frame(0, 2, 0x7B, b"\xc0\xc2\xc4").encode()
        assert bytes.fromhex("C4 C1 C4 C3 C4 C4") in raw
        assert decode(raw) == Frame(0, 2, 0x7B, b"\xc0\xc2\xc4")

    @pytest.mark.parametrize("raw", [AUTHORISE, ACCEPT, WRX_SIGNAL, WRX_IMEI], ids=lambda raw: raw.hex()[:8])
    def test_4_the_frames_of_the_reference(self, raw: bytes) -> None:
        frame = decode(raw)
        assert frame is not None
        assert frame.encode() == raw

    def test_4_2_it_says_nothing_before_it_is_asked(self) -> None:
        assert dialogue("wrx").greeting() == b""

    @pytest.mark.parametrize("cut", [1, 5, 20, len(AUTHORISE) - 1])
    def test_4_2_asked_it_says_who_it_is(self, cut: int) -> None:
        wrx = dialogue("wrx")
        assert wrx.hear(AUTHORISE[:cut]) == Heard()
        answer = decode(wrx.hear(AUTHORISE[cut:]).reply)
        assert answer is not None
        assert (answer.proto, answer.action, answer.command, len(answer.data)) == (0, 7, 0, 63)
        assert answer.data[0x01:0x10] == IMEI.encode()
        assert answer.data[0x3E] == 1  # the main channel
        assert not wrx.ready

    def test_4_2_the_answer_begins_as_the_example_does(self) -> None:
        example = (
            bytes.fromhex("C0 00 07 00 3F 05") + IMEI.encode() + b"WRX700-R4 3.15\0\0\0R4\0\0\0\0\0\0\0\0"
        )
        assert dialogue("wrx").hear(AUTHORISE).reply.startswith(example)

    def test_4_2_accepted_it_is_transparent(self) -> None:
        wrx = dialogue("wrx")
        wrx.hear(AUTHORISE)
        assert wrx.hear(ACCEPT + REQUEST) == Heard(payload=REQUEST)
        assert wrx.ready
        assert wrx.hear(b"\xc0\x01") == Heard(payload=b"\xc0\x01")
        assert wrx.wrap(b"\xc0") == b"\xc0"

    def test_4_2_nobody_is_accepted_unasked(self) -> None:
        wrx = dialogue("wrx")
        wrx.hear(ACCEPT)
        assert not wrx.ready

    def test_4_2_noise_before_the_login_is_passed_over(self) -> None:
        wrx = dialogue("wrx")
        assert wrx.hear(REQUEST + b"\xc0\x00\xc2" + AUTHORISE).reply

    def test_4_3_command_7b_says_the_signal_level(self) -> None:
        wrx = dialogue("wrx", service=True)
        wrx.hear(AUTHORISE + ACCEPT)
        assert wrx.hear(WRX_SIGNAL) == Heard(reply=bytes.fromhex("C0 00 02 7B 01 16 5B 95 C2"))

    def test_4_3_over_the_main_channel_a_command_is_the_meters(self) -> None:
        wrx = dialogue("wrx")
        wrx.hear(AUTHORISE + ACCEPT)
        assert wrx.hear(WRX_SIGNAL) == Heard(payload=WRX_SIGNAL)

    def test_4_2_the_service_channel_says_that_it_is_one(self) -> None:
        answer = decode(dialogue("wrx", service=True).hear(AUTHORISE).reply)
        assert answer is not None
        assert answer.data[0x3E] == 0

    def test_4_3_unasked_it_says_not_authorised(self) -> None:
        answer = decode(dialogue("wrx").hear(WRX_SIGNAL).reply)
        assert answer == Frame(0, 2, 0x7B, b"\x00")


class TestPlain:
    """gprs-gateways.md, sections 2 and 5."""

    @pytest.mark.parametrize(
        ("kind", "identity", "settings", "greeting"),
        [
            ("imei", "356938035643809", {}, b"356938035643809"),
            ("iccid", "8977010001123456784", {}, b"8977010001123456784"),
            ("usr", "LOGIN:1001", {}, b"LOGIN:1001"),
            ("pattern", "1001", {"hello": "NODE {identity} UP\r\n"}, b"NODE 1001 UP\r\n"),
            ("silent", "port:11006", {}, b""),
        ],
    )
    def test_what_it_registers_with(
        self, kind: str, identity: str, settings: dict[str, object], greeting: bytes
    ) -> None:
        plain = dialogue(kind, identity, **settings)
        assert plain.ready
        assert plain.greeting() == greeting
        assert plain.hear(REQUEST) == Heard(payload=REQUEST)

    def test_with_data_each_packet_carries_the_registration(self) -> None:
        usr = dialogue("usr", "LOGIN:1001", with_data=True)
        assert usr.wrap(b"\xe5") == b"LOGIN:1001\xe5"

    def test_the_answer_to_a_heartbeat_is_not_for_the_meter(self) -> None:
        usr = dialogue("usr", "LOGIN:1001", heartbeat=b"\x55\xaa", answer=b"\xaa\x55")
        assert usr.hear(b"\xaa\x55").payload == b"\xaa\x55"  # nobody waits for it
        assert usr.heartbeat() == b"\x55\xaa"
        assert usr.hear(b"\xaa\x55" + REQUEST) == Heard(payload=REQUEST)

    def test_a_head_end_that_answers_no_heartbeat_is_given_up(self) -> None:
        usr = dialogue("usr", "LOGIN:1001", heartbeat=b"\x55\xaa", answer=b"\xaa\x55")
        for _ in range(3):
            assert not usr.forsaken
            usr.heartbeat()
        assert usr.forsaken


def test_the_signal_level_fades_about_its_mean() -> None:
    """Two swings of 1.5 each: never further than 3 steps, and on average the place's own level."""
    start = datetime(2026, 11, 22, tzinfo=UTC)
    levels = [csq_at(gateway("irz", signal=17), start + timedelta(minutes=minute)) for minute in range(1440)]
    assert 14 <= min(levels) < 17 < max(levels) <= 20
    assert abs(sum(levels) / len(levels) - 17) < 0.2


@pytest.mark.parametrize(("mean", "least", "most"), [(0, 0, 3), (31, 28, 31)])
def test_the_signal_level_is_a_csq(mean: int, least: int, most: int) -> None:
    start = datetime(2026, 11, 22, tzinfo=UTC)
    levels = {csq_at(gateway("irz", signal=mean), start + timedelta(minutes=step)) for step in range(1440)}
    assert least <= min(levels) <= max(levels) <= most
