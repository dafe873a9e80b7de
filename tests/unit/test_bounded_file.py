"""Files that people name: never read beyond the bound, whatever they say of their size."""

from __future__ import annotations

from pathlib import Path

import pytest

from metering.errors import ConfigurationError
from teplo.bounded_file import text_of


def test_a_file_of_the_bound_is_read_and_one_byte_more_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "registry.toml"
    file.write_bytes("ң".encode() * 5)
    assert text_of(file, 10) == "ң" * 5
    with pytest.raises(ConfigurationError, match="larger than 9 bytes"):
        text_of(file, 9)


def test_what_tells_no_size_and_has_no_end_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="larger than 1000 bytes"):
        text_of(Path("/dev/zero"), 1000)


def test_what_is_no_text_or_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"\xff\xd8\xff")
    for name in ("picture", "missing"):
        with pytest.raises(ConfigurationError, match="cannot be read"):
            text_of(tmp_path / name, 1000)
