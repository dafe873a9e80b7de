"""Broker URLs, topics of Teplo's own, and filters of pushed readings."""

from __future__ import annotations

from pathlib import Path

import pytest

from collector.mqtt import push_filters, topics
from collector.mqtt.address import EXAMPLE, BrokerAddress
from metering.errors import ConfigurationError
from protocols.push.sources import SOURCES


def test_the_example_is_right() -> None:
    address = BrokerAddress.parse(EXAMPLE)
    assert (address.host, address.port, address.encrypted, address.user) == (
        "broker.example", 8883, True, "north",
    )  # fmt: skip
    assert address.shares


def test_a_password_stands_in_the_url_or_beside_it_and_is_never_shown() -> None:
    inside = BrokerAddress.parse("mqtt://north:s%40cret@10.0.0.7")
    beside = BrokerAddress.parse("mqtt://north@10.0.0.7:1883", "s@cret")
    assert inside == beside
    assert inside.password == "s@cret"
    assert "cret" not in f"{inside} {inside!r}"


def test_a_broker_of_the_older_version_shares_nothing() -> None:
    assert not BrokerAddress.parse("mqtt://h?version=3.1.1").shares


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "begins neither"),
        ("http://h", "begins neither"),
        ("mqtt://", "names no host"),
        ("mqtt://h:99999", "port"),
        ("mqtt://h/path", "more than a host"),
        ("mqtt://h?version=4", "names MQTT 4"),
        ("mqtt://h?tls=yes", "option that we do not know: tls"),
        ("mqtt://[h", "cannot be read"),
    ],
)
def test_a_wrong_url_is_refused_by_its_mistake(text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        BrokerAddress.parse(text)


def test_certificates_belong_to_an_encrypted_broker() -> None:
    with pytest.raises(ConfigurationError, match="in the clear"):
        BrokerAddress.parse("mqtt://h", authority=Path("ca.pem"))


@pytest.mark.parametrize("name", ["north", "a/b", "+", "#", "Алматы 1", "x%2F"])
def test_a_collectors_name_is_one_level_and_comes_back(name: str) -> None:
    assert topics.reported(topics.report(name, "report")) == (name, "report")
    assert topics.told_of(topics.status(name)) == name
    assert topics.booked_line(name, topics.book(name, 7)) == 7
    assert topics.matches(topics.books(name), topics.book(name, 7))
    assert topics.matches(topics.STATUS, topics.status(name))


@pytest.mark.parametrize(
    "topic",
    ["teplo/reports/a", "teplo/reports/a/b/c", "x/reports/a/b", "teplo/status/a/b", "teplo/books/a/x"],
)
def test_other_topics_are_nobodys(topic: str) -> None:
    assert topics.reported(topic) is None
    assert topics.told_of(topic) is None
    assert topics.booked_line("a", topic) is None


@pytest.mark.parametrize(
    ("pattern", "topic", "taken"),
    [
        ("a/+", "a/b", True),
        ("a/+", "a/b/c", False),
        ("a/+", "a", False),
        ("a/#", "a/b/c", True),
        ("a/#", "a", True),
        ("#", "a/b", True),
        ("a/+/c", "a//c", True),
        ("a/b", "a/B", False),
    ],
)
def test_filters_take_topics_as_mqtt_says(pattern: str, topic: str, taken: bool) -> None:
    """MQTT 5.0, section 4.7.1."""
    assert topics.matches(pattern, topic) is taken


def test_a_source_without_a_filter_has_its_usual_topics() -> None:
    filters = push_filters.parse("wmbusmeters chirpstack=application/7/device/+/event/up")
    assert filters == {
        "wmbusmeters": SOURCES["wmbusmeters"].topics,
        "chirpstack": "application/7/device/+/event/up",
    }
    assert push_filters.source_of(filters, "wmbusmeters/123") == "wmbusmeters"
    assert push_filters.source_of(filters, "application/8/device/x/event/up") is None
    assert push_filters.parse("") == {}


@pytest.mark.parametrize(
    "text", ["mbus", "wmbusmeters wmbusmeters=a", "wmbusmeters=a/#/b", "wmbusmeters=a+", "chirpstack=teplo/#"]
)
def test_a_wrong_filter_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="TEPLO_PUSH"):
        push_filters.parse(text)
