"""What a collector shows to Prometheus, as Prometheus reads it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from urllib.request import urlopen
from uuid import uuid4

import pytest
from prometheus_client.parser import text_string_to_metric_families

from collector.metrics import CollectorMetrics, MetricsPort
from collector.spool import SpoolState
from metering.errors import ConfigurationError
from metering.polls import Outcome, PollReport
from tests.support.registry import START, record

NOW = datetime(2026, 1, 10, tzinfo=UTC)


def shown(text: str) -> dict[str, float]:
    return {
        f"{one.name}{','.join(one.labels.values())}": one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


async def asked(port: int) -> dict[str, float]:
    def ask() -> str:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            body: bytes = answer.read()
            return body.decode()

    return shown(await asyncio.to_thread(ask))


async def test_polls_lines_and_the_spool_are_shown() -> None:
    metrics = CollectorMetrics(lambda: NOW)
    poll = PollReport(uuid4(), 1, "main", NOW, NOW + timedelta(seconds=90), Outcome.PARTLY_READ)
    read = PollReport(uuid4(), 1, "main", NOW, NOW, Outcome.OK, archive=(record(START),))
    for report in (poll, poll, read):
        metrics.polled(report)
    metrics.serving(7)
    metrics.offline(True)
    metrics.waiting(SpoolState(12, 3400, NOW - timedelta(minutes=10), 10_000, 1))
    port = MetricsPort(metrics, "127.0.0.1", 0)
    try:
        found = await asked(port.open())
    finally:
        port.close()
    expected = {
        "polls_totalpartly_read": 2,
        "polls_totalok": 1,
        "polls_totalbusy": 0,
        "air_time_seconds_total": 180,
        "archive_records_totalhour": 1,
        "lines_serving": 7,
        "offline": 1,
        "spool_entries": 12,
        "spool_bytes": 3400,
        "spool_limit_bytes": 10_000,
        "spool_damaged_entries": 1,
        "spool_age_seconds": 600,
    }
    assert {name: found[f"teplo_collector_{name}"] for name in expected} == expected


def test_a_port_that_is_taken_is_a_wrong_setting() -> None:
    first = MetricsPort(CollectorMetrics(lambda: NOW), "127.0.0.1", 0)
    taken = first.open()
    try:
        with pytest.raises(ConfigurationError, match="another process"):
            MetricsPort(CollectorMetrics(lambda: NOW), "127.0.0.1", taken).open()
    finally:
        first.close()
