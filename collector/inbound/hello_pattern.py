r"""A configured registration packet: literal text, one group of characters, literal text.

    LOGIN:([0-9]{1,10})
    id=([A-Z0-9_-]+);
    \x02([0-9A-F]{8})\x03

Nothing else of regular expressions is allowed: what strangers send is matched against it, and a free
expression can be made to take hours over forty bytes.
"""

from __future__ import annotations

import re
from typing import Final

from metering.errors import ConfigurationError

LONGEST: Final = 120
LONGEST_IDENTITY: Final = 80

ESCAPED: Final = r"\\x[0-9A-Fa-f]{2}|\\[][\\(){}.*+?^$|-]"
LITERAL: Final = rf"(?:[A-Za-z0-9 _:;,=#@/!%&'\"<>~`-]|{ESCAPED})*"
AMONG: Final = rf"\[(?:[A-Za-z0-9]-[A-Za-z0-9]|[A-Za-z0-9 _:;,=#@/!%'\"<>]|{ESCAPED})+-?\]"
TIMES: Final = r"\+|\{[0-9]{1,2}(?:,[0-9]{1,2})?\}"
GRAMMAR: Final = re.compile(
    rf"(?P<before>{LITERAL})\((?P<among>{AMONG})(?P<times>{TIMES})\)(?P<behind>{LITERAL})", re.ASCII
)


def hello_pattern(written: str) -> re.Pattern[bytes]:
    """Compiles it; its one group is the identity. ConfigurationError shows a right one."""
    parts = GRAMMAR.fullmatch(written) if len(written) <= LONGEST else None
    if parts is None:
        raise _wrong(written)
    least, most = _times(parts["times"])
    if not 1 <= least <= most <= LONGEST_IDENTITY:
        raise _wrong(written)
    group = f"({parts['among']}{{{least},{most}}})"
    try:
        return re.compile((parts["before"] + group + parts["behind"]).encode("ascii"))
    except re.error as error:
        raise _wrong(written) from error


def _times(written: str) -> tuple[int, int]:
    if written == "+":
        return 1, LONGEST_IDENTITY
    least, _, most = written.strip("{}").partition(",")
    return int(least), int(most or least)


def _wrong(written: str) -> ConfigurationError:
    return ConfigurationError(
        f"The hello pattern {written!r} is not one that we take: text, one group of characters with how many "
        f"of them (1 to {LONGEST_IDENTITY}), text. A right one: LOGIN:([0-9]{{1,10}})"
    )
