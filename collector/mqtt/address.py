"""The URL of a broker.

    mqtt://teplo@10.0.0.7:1883          in the clear
    mqtts://north@broker.example:8883   encrypted; the broker's certificate is checked

The password stands behind the user, `user:password@`, or in a setting of its own. `?version=3.1.1` is for a
broker that does not speak MQTT 5, and so shares no subscriptions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from metering.errors import ConfigurationError

EXAMPLE: Final = "mqtts://north@broker.example:8883"
_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
_VERSIONS: Final = ("5", "3.1.1")


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the broker is, and who we are to it; `authority`: certificates that are trusted alone."""

    host: str
    port: int
    encrypted: bool = False
    user: str = ""
    password: str = field(default="", repr=False)
    version: str = _VERSIONS[0]
    authority: Path | None = None

    @classmethod
    def parse(cls, text: str, password: str = "", authority: Path | None = None) -> Self:
        """ConfigurationError names the mistake; the password is never told."""
        parts = _split(text)
        if authority is not None and parts.scheme != "mqtts":
            raise ConfigurationError("Certificates are given for a broker in the clear: write mqtts://.")
        return cls(
            host=parts.hostname or "",
            port=_port(parts),
            encrypted=parts.scheme == "mqtts",
            user=unquote(parts.username or ""),
            password=password or unquote(parts.password or ""),
            version=_version(parts.query),
            authority=authority,
        )

    def __str__(self) -> str:
        return f"{'mqtts' if self.encrypted else 'mqtt'}://{self.host}:{self.port}"

    @property
    def shares(self) -> bool:
        """Whether several clients can share one subscription there."""
        return self.version == _VERSIONS[0]


def _wrong(mistake: str) -> ConfigurationError:
    return ConfigurationError(f"The broker's URL {mistake}. A right one: {EXAMPLE}")


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError as error:
        raise _wrong(f"cannot be read: {error}") from error
    if parts.scheme not in _PORTS:
        raise _wrong("begins neither with mqtt:// nor with mqtts://")
    if not host:
        raise _wrong("names no host")
    if parts.path not in ("", "/") or parts.fragment:
        raise _wrong("has more than a host, a port and a user")
    return parts


def _port(parts: SplitResult) -> int:
    try:
        return parts.port or _PORTS[parts.scheme]
    except ValueError as error:
        raise _wrong("has a port that is not a number from 1 to 65535") from error


def _version(query: str) -> str:
    options = dict(parse_qsl(query, keep_blank_values=True))
    version = options.pop("version", _VERSIONS[0])
    if options:
        raise _wrong(f"has an option that we do not know: {', '.join(sorted(options))}")
    if version not in _VERSIONS:
        raise _wrong(f"names MQTT {version[:10]}; known are {' and '.join(_VERSIONS)}")
    return version
