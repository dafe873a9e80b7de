"""What a collector process shows to Prometheus, over a small HTTP port of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

from metering.errors import ConfigurationError
from metering.polls import Outcome, PollReport


class Waiting(Protocol):
    """How full a spool is: see collector.spool.SpoolState."""

    @property
    def entries(self) -> int: ...

    @property
    def size(self) -> int: ...

    @property
    def oldest_at(self) -> datetime | None: ...

    @property
    def limit(self) -> int: ...

    @property
    def damaged(self) -> int: ...


class CollectorMetrics:
    """Numbers of one process; no label names a meter or a line, so that their count stays bounded."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._oldest_at: datetime | None = None
        self.registry: Final = CollectorRegistry()
        self._polls = self._counter("polls", "Polls by how they ended.", "outcome")
        self._air_time = self._counter("air_time_seconds", "Time spent in polls.")
        self._slots = self._counter("archive_records", "Archive records read, by kind.", "kind")
        self._serving = self._gauge("lines_serving", "Lines being served now.")
        self._booked = self._gauge("lines_booked", "Lines that could be served without the database.")
        self._offline = self._gauge("offline", "1 while lines are served without the database.")
        self._entries = self._gauge("spool_entries", "Entries that wait on the disk for the database.")
        self._size = self._gauge("spool_bytes", "Bytes that they take.")
        self._limit = self._gauge("spool_limit_bytes", "Bytes that they may take.")
        self._damaged = self._gauge("spool_damaged_entries", "Entries that were set aside.")
        self._gauge("spool_age_seconds", "Age of the oldest entry that waits.").set_function(self._age)
        for outcome in Outcome:
            self._polls.labels(outcome.value)

    def polled(self, report: PollReport) -> None:
        """A poll has ended."""
        self._polls.labels(report.outcome.value).inc()
        self._air_time.inc((report.finished_at - report.started_at).total_seconds())
        for record in report.archive:
            self._slots.labels(record.kind.value).inc()

    def serving(self, lines: int) -> None:
        """So many lines are being served now."""
        self._serving.set(lines)

    def booked(self, lines: int) -> None:
        """So many lines could be served without the database."""
        self._booked.set(lines)

    def offline(self, away: bool) -> None:
        """Whether the database is away."""
        self._offline.set(away)

    def waiting(self, spool: Waiting) -> None:
        """How full the spool is now."""
        self._entries.set(spool.entries)
        self._size.set(spool.size)
        self._limit.set(spool.limit)
        self._damaged.set(spool.damaged)
        self._oldest_at = spool.oldest_at

    def _age(self) -> float:
        return 0.0 if self._oldest_at is None else (self._now() - self._oldest_at).total_seconds()

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"teplo_collector_{name}", meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(f"teplo_collector_{name}", meaning, registry=self.registry)


class MetricsPort:
    """Answers Prometheus in a thread of its own, from `open` to `close`."""

    def __init__(self, metrics: CollectorMetrics, host: str, port: int) -> None:
        self._metrics, self._host, self._port = metrics, host, port
        self._server: WSGIServer | None = None

    def open(self) -> int:
        """The port that it listens on; ConfigurationError when another process has it."""
        try:
            self._server, self._thread = start_http_server(
                self._port, self._host, registry=self._metrics.registry
            )
        except OSError as error:
            raise ConfigurationError(
                f"The port {self._port} for metrics cannot be opened: another process has it, or the address "
                f"{self._host} is not this machine's. ({error})"
            ) from error
        return self._server.server_port

    def close(self) -> None:
        """Waits for an answer that is being given."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = None
