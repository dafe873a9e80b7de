"""Names of a VKT-5's data and refusals for people (vkt-5.md sections 1 and 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

NAMES: Final[Mapping[int, str]] = {
    0x00: "heat input",
    0x01: "pipes",
    0x02: "one parameter of all pipes",
    0x03: "additional temperatures",
    0x04: "durations of abnormal situations of a heat input",
    0x05: "durations of abnormal situations of pipes",
    0x06: "durations of abnormal situations by parameter",
    0x07: "durations of abnormal situations of additional temperatures",
    0x08: "durations without counting of heat inputs",
    0x09: "duration without power",
    0x0A: "configuration",
    0x0B: "time",
    0x0C: "display buffer",
    0x0D: "key code",
    0x0E: "firmware version",
    0x0F: "requisites",
    0x10: "settings memory",
    0x14: "date range of the archives",
    0x15: "regulator temperatures",
    0x16: "regulator programme",
}
"""By the lower six bits of an address."""

SELECTORS: Final[Mapping[tuple[int, int], str]] = {
    (0x03, 0): "current values",
    (0x03, 2): "current totals",
    (0x04, 0): "day archive",
    (0x04, 1): "hour archive",
    (0x04, 2): "totals archive",
}
"""By function and the upper two bits of an address."""

REFUSALS: Final[Mapping[int, str]] = {
    0: "heat input not used",
    1: "pipe not used",
    2: "no data for this date",
    3: "settings memory range",
    4: "no such archive record",
    5: "archive empty",
    6: "bad key code",
    7: "request not supported",
    8: "flash write",
    9: "settings locked",
}
