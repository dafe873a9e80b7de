"""A drafted act as a file: an engineer completes it by hand, and it is registered from there."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from metering.act_codec import contents_json, contents_of
from metering.acts import ActKind, Contents
from metering.errors import ConfigurationError
from teplo.bounded_file import text_of

LARGEST: Final = 262_144
"""Bytes."""


@dataclass(frozen=True, slots=True)
class ActFile:
    """What the file holds. `point`: the usage point's code; `poll`: what filled the form, if anything did."""

    point: str
    kind: ActKind
    poll: UUID | None
    contents: Contents


def write(path: Path, act: ActFile) -> None:
    """ConfigurationError when the file cannot be written; one that is there already is kept."""
    text = json.dumps(
        {
            "usage_point": act.point,
            "kind": act.kind.value,
            "poll": str(act.poll) if act.poll else None,
            "contents": contents_json(act.contents),
        },
        ensure_ascii=False,
        indent=2,
    )
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text + "\n")
    except OSError as error:
        raise ConfigurationError(f"The form cannot be written to {path}: {error.strerror}.") from error


def read(path: Path) -> ActFile:
    """ConfigurationError says what is wrong with the file; what only the register writes is dropped."""
    written = _parsed(path)
    try:
        point, kind, poll = str(written["usage_point"]), ActKind(written["kind"]), written.get("poll")
        contents = contents_of(written["contents"])
        return ActFile(point, kind, UUID(poll) if poll else None, replace(contents, objections=()))
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"{path} is no drafted act ({error}); `teplo act draft` writes one."
        ) from error


def _parsed(path: Path) -> dict[str, Any]:
    text = text_of(path, LARGEST)
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path} cannot be read as JSON: {error}.") from error
    if not isinstance(parsed, dict):
        raise ConfigurationError(f"{path} is no drafted act; `teplo act draft` writes one.")
    return parsed
