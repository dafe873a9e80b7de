"""A file that somebody names on the command line: read whole, and never beyond its bound."""

from __future__ import annotations

from pathlib import Path

from metering.errors import ConfigurationError


def text_of(path: Path, largest: int) -> str:
    """Its UTF-8 text. ConfigurationError when it cannot be read, is no text or has more bytes than `largest`.

    Its size is not asked beforehand: a pipe or a device tells none.
    """
    try:
        with path.open("rb") as file:
            data = file.read(largest + 1)
        if len(data) > largest:
            raise ConfigurationError(f"{path} is larger than {largest} bytes; split it or name another one.")
        return data.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}.") from error
