"""Kamstrup's KMP: MULTICAL 402, 403, 601, 602, 603 and 801 on the optical head and on KMP modules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from protocols.conversation import Conversation
from protocols.driver import Driver, LineDefaults
from protocols.family import Choices, Family, Found, Search
from protocols.modbus.messages import Framing
from protocols.vendor.kmp.dialogue import HEAT_METER
from protocols.vendor.kmp.driver import LINE, KmpClockDriver, KmpDriver, identify
from protocols.vendor.kmp.explain import explain, reseal
from protocols.vendor.kmp.models import MODELS

CERTAINTY: Final = 32
"""Start, CRC and stop."""

TYPES: Final[Mapping[str, str]] = dict.fromkeys(
    ("0001", "0004", "0005", "1501", "1504", "1505"), "kamstrup-multical-601-kmp"
)
"""Models by what GetType says; 15xx is a MULTICAL 601 behind a 67-05 top module. Newer types tell nothing."""


def build(model: str, framing: Framing, choices: Choices) -> Driver:
    row = MODELS[model]
    return (KmpClockDriver if row.sets_clock else KmpDriver)(row, choices)


def ask(address: str) -> Conversation[Found]:
    """Who answers there, by type and serial number."""
    identity = yield from identify(address, "")
    return Found(TYPES.get(identity.version, ""), identity)


FAMILY: Final = Family(
    protocol="kmp",
    title="Kamstrup KMP (MULTICAL 601, 602, 801, 402, 403, 603)",
    models=tuple(MODELS),
    build=build,
    explain=explain,
    reseal=reseal,
    search=(
        Search(
            lines=(LINE, LineDefaults(9600, "N", LINE.timeout, LINE.quiet, LINE.stop)),
            addresses=(str(HEAT_METER),),
            ask=ask,
        ),
    ),
    certainty=CERTAINTY,
)
