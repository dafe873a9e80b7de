"""Reads the sections of a profile: what is missing, unknown or out of range is a ProfileError."""

from __future__ import annotations

from metering.errors import ProfileError
from protocols.declaration import Declaration
from protocols.modbus import entries
from protocols.modbus.moments import UNIX, WRITTEN, MomentLayout
from protocols.modbus.places import LARGEST_BLOCK, Clock, Setting, Text
from protocols.modbus.register_map import Detection, Identity
from protocols.modbus.texts import TEXTS
from protocols.modbus.values import ByteLayout, size_of


def identity(table: Declaration, layout: ByteLayout) -> Identity:
    serial = _text(table.table("serial"), layout) if "serial" in table else None
    firmware = _text(table.table("firmware"), layout) if "firmware" in table else None
    identity = Identity(serial, firmware, table.take_or("report_id", False))
    table.finish()
    return identity


def detection(table: Declaration) -> Detection:
    detection = Detection(
        table.listed("reports", str),
        table.take_or("firmware_from", ""),
        table.take_or("firmware_before", ""),
    )
    table.finish()
    return detection


def _text(table: Declaration, layout: ByteLayout) -> Text:
    kind = table.take("type", str)
    size = _counted_size(table) if kind in TEXTS else size_of(entries.number_type(table, kind))
    text = Text(
        entries.function(table),
        entries.address(table),
        kind,
        size,
        _text_layout(table, kind, layout),
        entries.within(table, "skip", 0, 2 * LARGEST_BLOCK, 0),
        register_count(table),
    )
    table.finish()
    return text


def _counted_size(table: Declaration) -> int:
    return entries.within(table, "size", 1, 2 * LARGEST_BLOCK)


def register_count(table: Declaration) -> int | None:
    """How many registers are asked for, where it is not what the size needs."""
    return entries.within(table, "count", 1, LARGEST_BLOCK) if "count" in table else None


def _text_layout(table: Declaration, kind: str, layout: ByteLayout) -> ByteLayout:
    return entries.byte_layout(table, ByteLayout() if kind in TEXTS else layout)


def setting(table: Declaration) -> Setting:
    setting = Setting(
        table.take("name", str),
        entries.function(table),
        entries.address(table),
        entries.within(table, "first_bit", 0, 15, 0),
        entries.within(table, "bits", 1, 16, 16),
        entries.words(table, "words"),
    )
    table.finish()
    return setting


def clock(table: Declaration) -> Clock:
    clock = Clock(
        entries.function(table),
        entries.address(table),
        moment_layout(table),
        register_count(table),
        table.take_or("sets", False),
    )
    table.finish()
    return clock


def moment_layout(table: Declaration) -> MomentLayout:
    """The parts of a date in their order."""
    parts = table.listed("parts", str)
    if parts != UNIX and not (parts and set(parts) <= set(WRITTEN)):
        raise ProfileError(f"{table.place}: parts must be some of {', '.join(WRITTEN)}, or unix alone.")
    return MomentLayout(parts, entries.within(table, "mask", 1, 0xFF, 0xFF))
