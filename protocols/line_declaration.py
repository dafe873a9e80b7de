"""The table [line] of a profile, the same for every kind of profile."""

from __future__ import annotations

from protocols.declaration import Declaration
from protocols.driver import LineDefaults


def line_defaults(table: Declaration) -> LineDefaults:
    """Serial settings and times; what the table leaves out is the most usual."""
    usual = LineDefaults()
    defaults = LineDefaults(
        table.take_or("baud", usual.baud),
        table.take_or("parity", usual.parity),
        table.take_or("timeout", usual.timeout),
        table.take_or("quiet", usual.quiet),
        table.take_or("stop", usual.stop),
    )
    table.finish()
    return defaults
