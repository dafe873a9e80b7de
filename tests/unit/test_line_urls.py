"""Line URLs are read strictly: every mistake is named and a right URL is shown."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.line_settings import LineSettings
from collector.links.opening import link_for
from collector.links.rfc2217 import Rfc2217Link
from collector.links.serial_port import SerialLink
from collector.links.tcp import TcpLink
from collector.links.url import EXAMPLES, LineUrl
from metering.errors import ConfigurationError
from protocols.driver import LineDefaults
from protocols.modbus.messages import Framing


def test_a_serial_line_with_every_option() -> None:
    url = LineUrl.parse(
        "serial:/dev/ttyUSB0?baud=300&parity=E&stop=2&timeout=4.5&gap=0.3&attempts=2&quiet=0&framing=ascii"
    )
    assert (url.scheme, url.place, url.baud, url.parity, url.stop) == ("serial", "/dev/ttyUSB0", 300, "E", 2)
    assert (url.timeout, url.gap, url.attempts, url.quiet) == (4.5, 0.3, 2, 0.0)
    assert url.framing is Framing.ASCII


@pytest.mark.parametrize(
    ("text", "endpoint", "framing"),
    [
        ("tcp://10.0.0.5:4001", "10.0.0.5:4001", Framing.RTU),
        ("tcp://Gateway.Example:4001?framing=ascii", "gateway.example:4001", Framing.ASCII),
        ("rfc2217://10.0.0.5:4001?baud=9600", "10.0.0.5:4001", Framing.RTU),
        ("modbus-tcp://10.0.0.5:502", "10.0.0.5:502", Framing.TCP),
        ("tcp://[FE80::1]:4001", "[fe80::1]:4001", Framing.RTU),
    ],
)
def test_a_network_line(text: str, endpoint: str, framing: Framing) -> None:
    url = LineUrl.parse(text)
    assert (url.endpoint, url.framing) == (endpoint, framing)


def test_a_call_through_a_pool() -> None:
    url = LineUrl.parse("csd:+77015550001?pool=main&timeout=6")
    assert (url.scheme, url.endpoint, url.pool, url.timeout) == ("csd", "+77015550001", "main", 6.0)


def test_a_modem_that_connects_to_us() -> None:
    url = LineUrl.parse("inbound:LOGIN%3A1001?silence=90&heartbeat=55aa&answer=aa55&prefix=01")
    assert (url.place, url.endpoint, url.silence) == ("LOGIN:1001", "LOGIN:1001", 90.0)
    assert (url.heartbeat, url.answer, url.prefix) == (b"\x55\xaa", b"\xaa\x55", b"\x01")


@pytest.mark.parametrize(
    ("text", "timeout", "gap"),
    [
        ("tcp://10.0.0.5:4001", 2.0, 0.5),
        ("csd:+77015550001?pool=main", 5.0, 0.5),
        ("inbound:356938035643809", 8.0, 1.5),
        ("inbound:356938035643809?timeout=3&gap=1", 3.0, 1.0),
    ],
)
def test_a_line_over_a_mobile_network_has_patience(text: str, timeout: float, gap: float) -> None:
    """The figures of 3GPP networks in the field: first byte after 3..5 s on CSD, 5..8 s on GPRS."""
    settings = LineSettings.of(LineUrl.parse(text))
    assert (settings.timeout, settings.gap) == (timeout, gap)


def test_host_and_port_are_taken_apart() -> None:
    url = LineUrl.parse("tcp://[fe80::1]:4001")
    assert (url.host, url.port) == ("fe80::1", 4001)


def test_two_names_of_one_device_are_one_endpoint(tmp_path: Path) -> None:
    device = tmp_path / "ttyUSB0"
    device.touch()
    (tmp_path / "by-id").symlink_to(device)
    urls = [LineUrl.parse(f"serial:{tmp_path / name}") for name in ("ttyUSB0", "by-id")]
    assert len({url.endpoint for url in urls}) == 1


def test_two_schemes_of_one_gateway_are_one_endpoint() -> None:
    urls = [LineUrl.parse(f"{scheme}://10.0.0.5:4001") for scheme in ("tcp", "rfc2217", "modbus-tcp")]
    assert {url.endpoint for url in urls} == {"10.0.0.5:4001"}


@pytest.mark.parametrize("scheme", EXAMPLES)
def test_the_examples_are_right(scheme: str) -> None:
    assert LineUrl.parse(EXAMPLES[scheme]).scheme == scheme


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "no scheme"),
        ("10.0.0.5:4001", "no scheme"),
        ("http://10.0.0.5:80", "no scheme"),
        ("inbound:", "names no identity of 1 to 80"),
        ("inbound://356938035643809", "names no identity"),
        ("inbound:" + "x" * 81, "names no identity"),
        ("inbound:1?heartbeat=5", "should be 1 to 40 bytes in hexadecimal"),
        ("inbound:1?pool=main", "unknown option"),
        ("csd:+77015550001", "names no pool"),
        ("csd:12?pool=main", "phone number"),
        ("csd:+7701555000a?pool=main", "phone number"),
        ("csd:+77015550001?pool=Main", "small letters"),
        ("serial:", "whole path"),
        ("serial:ttyUSB0", "whole path"),
        ("serial://dev/ttyUSB0", "two slashes"),
        ("tcp://10.0.0.5", "no port"),
        ("tcp://10.0.0.5:0", "no port"),
        ("tcp://:4001", "no host"),
        ("tcp://10.0.0.5:70000", "1 to 65535"),
        ("tcp://10.0.0.5:x", "1 to 65535"),
        ("tcp://[fe80::1:4001", "cannot be read"),
        ("tcp://10.0.0.5:4001/path", "more than a host"),
        ("tcp://user:word@10.0.0.5:4001", "more than a host"),
        ("tcp://10.0.0.5:4001#part", "'#'"),
        ("tcp://10.0.0.5 :4001", "blank"),
        ("tcp://10.0.0.5:4001\n", "blank"),
        ("tcp://10.0.0.5:4001?baud=2400", "unknown option 'baud=2400'.*known here: timeout"),
        ("modbus-tcp://10.0.0.5:502?framing=rtu", "unknown option"),
        ("serial:/dev/ttyUSB0?bauds=2400", "unknown option"),
        ("serial:/dev/ttyUSB0?baud", "unknown option"),
        ("serial:/dev/ttyUSB0?baud=2400&baud=300", "twice"),
        ("serial:/dev/ttyUSB0?baud=", "whole number from 50"),
        ("serial:/dev/ttyUSB0?baud=-2400", "whole number from 50"),
        ("serial:/dev/ttyUSB0?baud=2400.0", "whole number from 50"),
        ("serial:/dev/ttyUSB0?baud=9999999", "whole number from 50"),
        ("serial:/dev/ttyUSB0?baud=٢٤٠٠", "whole number from 50"),
        ("serial:/dev/ttyUSB0?parity=even", "one of N, E, O"),
        ("serial:/dev/ttyUSB0?stop=3", "from 1 to 2"),
        ("tcp://10.0.0.5:4001?timeout=nan", "a number from"),
        ("tcp://10.0.0.5:4001?timeout=1e3", "a number from"),
        ("tcp://10.0.0.5:4001?timeout=0", "a number from"),
        ("tcp://10.0.0.5:4001?attempts=0", "whole number from 1"),
        ("tcp://10.0.0.5:4001?framing=tcp", "one of rtu, ascii"),
        ("tcp://" + "x" * 500 + ":4001", "at most"),
    ],
)
def test_a_wrong_url_is_refused_with_its_mistake(text: str, mistake: str) -> None:
    with pytest.raises(ConfigurationError, match=mistake):
        LineUrl.parse(text)


def test_a_refusal_shows_a_right_url_of_that_scheme() -> None:
    with pytest.raises(ConfigurationError, match=r"modbus-tcp://10\.0\.0\.5:502"):
        LineUrl.parse("modbus-tcp://10.0.0.7")


WITH_A_TAIL = st.builds("{}{}".format, st.sampled_from(list(EXAMPLES.values())), st.text(max_size=60))


@given(st.text(max_size=60) | WITH_A_TAIL)
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ConfigurationError):
        assert LineUrl.parse(text).endpoint


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("serial:/dev/ttyUSB0", SerialLink),
        ("tcp://10.0.0.5:4001", TcpLink),
        ("modbus-tcp://10.0.0.5:502", TcpLink),
        ("rfc2217://10.0.0.5:4001", Rfc2217Link),
    ],
)
def test_every_scheme_has_its_link(text: str, kind: type) -> None:
    link = link_for(LineUrl.parse(text))
    assert type(link) is kind
    assert link.description == text


def test_settings_are_the_lines_before_the_models() -> None:
    model = LineDefaults(timeout=7.0, quiet=0.3)
    settings = LineSettings.of(LineUrl.parse("tcp://10.0.0.5:4001?timeout=9&attempts=1"), model)
    assert (settings.timeout, settings.attempts, settings.quiet) == (9.0, 1, 0.3)
    assert settings.gap == LineSettings().gap
