"""Every setting of the product; the only place that reads the environment."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from metering.errors import ConfigurationError


class Settings(BaseSettings):
    """Read from the environment (`TEPLO_DATABASE_URL=...`); each default suits one small site."""

    model_config = SettingsConfigDict(env_prefix="TEPLO_", extra="ignore")

    database_url: str = Field(default="", description="postgresql://user@host/name; the demo brings its own")
    postgres_binaries: Path | None = Field(default=None, description="folder with initdb and postgres")
    collector_name: str = Field(default="main", description="name of this collector; lines may hang on it")
    poll_every: timedelta = Field(default=timedelta(hours=1), description="beat of routine polls")
    poll_retry: timedelta = Field(
        default=timedelta(minutes=1), description="first repetition of a failed poll"
    )
    concurrent_lines: int = Field(
        default=200, ge=1, le=5000, description="lines one collector serves at once"
    )
    api_host: str = Field(default="127.0.0.1", description="address the API listens on")
    api_port: int = Field(
        default=8080, ge=0, le=65535, description="port the API listens on; 0: any free one"
    )
    log_level: str = Field(default="info", description="debug, info, warning or error")
    language: str = Field(default="en", description="texts for people: en, ru or kk")


def read_settings() -> Settings:
    """The settings of this process; ConfigurationError names the variable that is wrong."""
    try:
        return Settings()
    except ValueError as error:
        raise ConfigurationError(f"A TEPLO_ setting is wrong: {error}") from error


def settings_with_database() -> Settings:
    """The settings of a process that needs a database; ConfigurationError when none is named."""
    settings = read_settings()
    if not settings.database_url:
        raise ConfigurationError(
            "TEPLO_DATABASE_URL is not set. Name the database, e.g. "
            "TEPLO_DATABASE_URL=postgresql://teplo@localhost/teplo; `teplo demo` brings its own."
        )
    return settings
