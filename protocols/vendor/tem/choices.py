"""What the references leave open: the settings of a line with meters of the TEM family."""

from __future__ import annotations

from typing import Final

from protocols.driver import Choice

HEAT_IN_GCAL: Final = Choice(
    "heat_unit",
    ("Gcal", "MWh"),
    "Unit of the totals of heat. The maker's text says MWh; two collectors found Gcal in the memory, one of "
    "them compared it with the supplier's bills. Compare one total with the meter's display.",
)
HEAT_IN_MWH: Final = Choice(
    "heat_unit",
    ("MWh", "Gcal"),
    "Unit of the totals of heat. The maker's text and one collector say MWh; the sister model TEM-104 keeps "
    "Gcal where its text says MWh. Compare one total with the meter's display.",
)
COMMA_APPLIED: Final = Choice(
    "comma",
    ("applied", "ignored"),
    "Whether totals are divided by the power of ten that the meter's comma tells, as the maker writes.",
)
COMMA_IGNORED: Final = Choice(
    "comma",
    ("ignored", "applied"),
    "Whether totals are divided by the power of ten that the meter's comma tells. The maker's text divides; "
    "a collector that reads these meters does not. Compare one total with the meter's display.",
)
LARGEST_READ: Final = Choice(
    "largest_read",
    ("64", "127"),
    "Bytes asked for at once. Every firmware sends 64; newer firmware sends 127 as well, twice as fast.",
)
READS: Final = Choice(
    "reads",
    ("plain", "extended"),
    "Whether memory is asked for by the extended reads of the maker's document: 176 bytes at once, half a "
    "record, and each answer repeats the place that it is from. Not tried on a meter.",
)
EXTENDED_READ: Final = 176
"""Bytes at once by extended reads: half a record of the M models."""
STAMP: Final = Choice(
    "stamp",
    ("end", "start"),
    "Whether a record carries the end or the start of its slot. The document does not say; records of the "
    "sister models begin with the time of writing, which is the end.",
)
UNIX_TIME: Final = Choice(
    "unix_time",
    ("meter", "utc+2", "utc+3", "utc+4", "utc+5", "utc+6", "utc+7"),
    "Whether records are stamped in the meter's own time or in UTC, and then by how many hours the meter's "
    "clock is ahead. With the wrong word every record is a gap, none is taken for another's.",
)
DATE_SEARCH: Final = Choice(
    "date_search",
    ("period", "writing"),
    "Whether the meter finds a record by the period that it describes or by the date of its writing. With "
    "the wrong word every record is a gap, none is taken for another's.",
)
PRESSURE_STEP: Final = Choice(
    "pressure_step",
    ("0.01", "0.1"),
    "MPa that one unit of an archived pressure is worth: 0.1 by the document, 0.01 by a collector.",
)
CONTENT: Final = Choice(
    "archive",
    ("levels", "amounts"),
    "Whether records hold the totals as they stood or what was gained. The document does not say; the other "
    "models keep the totals.",
)
NAME_CHECK: Final = Choice(
    "name_check",
    ("strict", "off"),
    "Whether a meter that names itself as another model is refused. Some meters keep another map than their "
    "name promises; `off` reads them as the model that is registered.",
)
