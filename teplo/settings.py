"""Every setting of the product; the only place that reads the environment."""

from __future__ import annotations

import re
import socket
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from metering.errors import ConfigurationError

_NUMBER: Final = re.compile(r"[0-9]{1,9}")


def _seconds(written: object) -> object:
    """A bare number in the environment is a text, which would not be taken for seconds."""
    return float(written) if isinstance(written, str) and _NUMBER.fullmatch(written) else written


Duration = Annotated[timedelta, BeforeValidator(_seconds)]
"""ISO 8601, or seconds."""


class Settings(BaseSettings):
    """Read from the environment (`TEPLO_DATABASE_URL=...`); each default suits one small site."""

    model_config = SettingsConfigDict(env_prefix="TEPLO_", extra="ignore")

    database_url: str = Field(default="", description="postgresql://user@host/name; the demo brings its own")
    postgres_binaries: Path | None = Field(default=None, description="folder with initdb and postgres")
    collector_name: str = Field(
        default="main", description="name of this collector, its own; empty: the host's name"
    )
    poll_every: Duration = Field(
        default=timedelta(hours=1), description="beat of routine polls, PT1H or 3600"
    )
    poll_retry: Duration = Field(
        default=timedelta(minutes=1), description="first repetition of a failed poll, like PT1M or 60"
    )
    spare_batteries: bool = Field(
        default=True, description="no more polls of a meter in 24 hours than its battery allows"
    )
    keep_frames: Duration = Field(
        default=timedelta(days=1096),
        gt=timedelta(days=1),
        description="how long frames of polls are kept, like P1096D",
    )
    set_clocks: bool = Field(
        default=False, description="this collector may set a meter's clock that somebody named"
    )
    collector_folder: Path = Field(
        default=Path("teplo-collector"),
        description="folder in which collectors keep what waits for the database",
    )
    spool_limit: int = Field(
        default=2**30, ge=2**20, description="bytes that may wait for the database on a collector's disk"
    )
    concurrent_lines: int = Field(
        default=200, ge=1, le=5000, description="lines one collector serves at once"
    )
    listen: str = Field(
        default="", description="addresses for modems that connect to us, with blanks between them"
    )
    listen_certificate: Path | None = Field(
        default=None, description="certificate for addresses with tls=yes"
    )
    listen_key: Path | None = Field(default=None, description="private key of that certificate")
    listen_connections: int = Field(
        default=10_000, ge=1, le=100_000, description="connections held at once, in all"
    )
    listen_per_address: int = Field(
        default=20, ge=1, le=10_000, description="connections of unknown modems from one network address"
    )
    broker: str = Field(default="", description="mqtt://user@host or mqtts://user@host of the MQTT broker")
    broker_password: str = Field(default="", description="password of the broker's user", repr=False)
    broker_authority: Path | None = Field(
        default=None, description="certificates to trust for mqtts:// in place of the system's"
    )
    push: str = Field(
        default="", description="sources of pushed readings, each alone or as source=topic/filter"
    )
    writer_name: str = Field(default="", description="name of this writer, its own; empty: the host's name")
    metrics_host: str = Field(
        default="127.0.0.1", description="address on which a collector tells Prometheus"
    )
    metrics_port: int | None = Field(
        default=None, ge=0, le=65535, description="port on which a collector tells Prometheus; unset: none"
    )
    survey_adequate: Decimal = Field(
        default=Decimal(-83), description="dBm that nine samples of ten reach where a modem may be installed"
    )
    survey_marginal: Decimal = Field(
        default=Decimal(-93), description="dBm below which no modem is installed"
    )
    survey_steady: Decimal = Field(
        default=Decimal(12), description="dB between lower and upper decile of a stable signal, at most"
    )
    survey_losses: Decimal = Field(
        default=Decimal(0), description="share of samples without network, at most, where it is adequate"
    )
    survey_marginal_losses: Decimal = Field(
        default=Decimal("0.1"), description="share of samples without network, at most, where it is marginal"
    )
    survey_fewest: int = Field(default=5, ge=1, le=200, description="samples below which nothing is decided")
    api_host: str = Field(default="127.0.0.1", description="address the API listens on")
    api_port: int = Field(
        default=8080, ge=0, le=65535, description="port the API listens on; 0: any free one"
    )
    log_level: str = Field(default="info", description="debug, info, warning or error")
    language: str = Field(default="en", description="texts for people: en, ru or kk")


def read_settings() -> Settings:
    """The settings of this process; ConfigurationError names the variable that is wrong."""
    try:
        settings = Settings()
    except ValidationError as error:
        raise ConfigurationError(_wrong(error)) from error
    host = socket.gethostname()
    names = {
        "collector_name": settings.collector_name or host,
        "writer_name": settings.writer_name or host,
    }
    return settings.model_copy(update=names)


def _wrong(error: ValidationError) -> str:
    """Each wrong variable by its own name, with its value, what is wrong with that, and its meaning."""
    sentences = []
    for one in error.errors():
        name = str(one["loc"][0])
        meaning = Settings.model_fields[name].description
        sentences.append(
            f"TEPLO_{name.upper()} is set to {one['input']!r}: {one['msg']}. It means: {meaning}."
        )
    return "\n".join(sentences)


def settings_with_database() -> Settings:
    """The settings of a process that needs a database; ConfigurationError when none is named."""
    settings = read_settings()
    if not settings.database_url:
        raise ConfigurationError(
            "TEPLO_DATABASE_URL is not set. Name the database, e.g. "
            "TEPLO_DATABASE_URL=postgresql://teplo@localhost/teplo; `teplo demo` brings its own."
        )
    return settings
