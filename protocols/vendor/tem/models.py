"""The models of the TEM family: rows of constants. Source: tem-104.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from protocols.driver import Choice, Verification
from protocols.vendor.tem import choices
from protocols.vendor.tem.maps import tem_104, tem_104_1, tem_104_k, tem_104m, tem_106
from protocols.vendor.tem.memory_map import MemoryMap


@dataclass(frozen=True, slots=True)
class Model:
    """One model. `names`: what it may answer to the question for its name."""

    title: str
    names: tuple[str, ...]
    manual: str
    map: MemoryMap
    choices: tuple[Choice, ...]
    notes: tuple[str, ...] = ()
    verification: Verification = Verification.NOT_ON_HARDWARE
    sets_clock: bool = False


_PLACES: Final = (
    "UNCONFIRMED: which pipe a channel of a system measures; the usual order of the scheme is taken: supply, "
    "return, make-up or cold water"
)
_FLOWS_LEFT_OUT: Final = (
    "Flows of archive records and the heat power are left out: the document does not say whether the flows "
    "are means, nor the unit and the channels of the power"
)
_HEAT_BY_SYSTEM: Final = "UNCONFIRMED: the totals of heat stand by systems, not by channels"
_REPORT_DATE: Final = "Monthly records are taken only where the meter's report date is the first of a month"
_DATE_SETTINGS: Final = "UNCONFIRMED: what the date search goes by, and the zone of the Unix times"

MODELS: Final[Mapping[str, Model]] = {
    "arvas-tem-104": Model(
        "TEM-104",
        ("TEM-104",),
        "TEM-104 protocol, 2007 and 2017",
        tem_104.MAP,
        (choices.HEAT_IN_GCAL, choices.LARGEST_READ, choices.NAME_CHECK),
        (
            _PLACES,
            _HEAT_BY_SYSTEM,
            "UNCONFIRMED: the area of monthly records begins at 77000h, where the days end; the document "
            "prints 78000h",
            _FLOWS_LEFT_OUT,
            _REPORT_DATE,
        ),
    ),
    "arvas-tem-104-1": Model(
        "TEM-104-1",
        ("TEM104-1", "TEM-104-1"),
        "TEM-104-1 PO, 2012 and 2013",
        tem_104_1.MAP,
        (choices.HEAT_IN_GCAL, choices.STAMP, choices.LARGEST_READ, choices.NAME_CHECK),
        (
            _PLACES,
            "UNCONFIRMED: whether a record carries the end or the start of its slot",
            "UNCONFIRMED: the areas of days and months end at 1DBFFh and 1FFFFh; the document prints "
            "addresses that the chip does not have",
            _FLOWS_LEFT_OUT,
            _REPORT_DATE,
        ),
    ),
    "arvas-tem-106": Model(
        "TEM-106",
        ("TEM-106",),
        "106po",
        tem_106.MAP,
        (choices.HEAT_IN_MWH, choices.COMMA_APPLIED, choices.LARGEST_READ, choices.NAME_CHECK),
        (
            _PLACES,
            _HEAT_BY_SYSTEM,
            "UNCONFIRMED: archived temperatures and pressures are means",
            _FLOWS_LEFT_OUT,
            _REPORT_DATE,
        ),
    ),
    "arvas-tesmart": Model(
        "TESMART (TSM-104)",
        ("TSM-104", "TSM104"),
        "106po; captured answers of one meter",
        tem_106.MAP,
        (choices.HEAT_IN_MWH, choices.COMMA_IGNORED, choices.LARGEST_READ, choices.NAME_CHECK),
        (
            _PLACES,
            "UNCONFIRMED: the archive, which is that of TEM-106 by one program",
            "UNCONFIRMED: archived temperatures and pressures are means",
            _FLOWS_LEFT_OUT,
            _REPORT_DATE,
        ),
        Verification.WIRE_LOG,
    ),
    "arvas-tem-104m": Model(
        "TEM-104M",
        ("TEM-104M",),
        "TEM-104M, description of the exchange protocol, 2018",
        tem_104m.MAP,
        (
            choices.UNIX_TIME,
            choices.DATE_SEARCH,
            choices.PRESSURE_STEP,
            choices.READS,
            choices.LARGEST_READ,
            choices.NAME_CHECK,
        ),
        (
            _PLACES,
            _DATE_SETTINGS,
            "UNCONFIRMED: the number that the date search gives counts from the start of its area",
            "UNCONFIRMED: the request that sets the clock has seven bytes of data; the document prints eight",
            _FLOWS_LEFT_OUT,
            _REPORT_DATE,
        ),
        sets_clock=True,
    ),
    "arvas-tem-104m2": Model(
        "TEM-104M2",
        ("TEM-104M2", "TEM-104M"),
        "TEM-104M, description of the exchange protocol, 2018",
        tem_104m.MAP,
        (
            choices.UNIX_TIME,
            choices.DATE_SEARCH,
            choices.PRESSURE_STEP,
            choices.READS,
            choices.LARGEST_READ,
            choices.NAME_CHECK,
        ),
        (
            "UNCONFIRMED: everything; one program reads this model as a TEM-104M",
            _PLACES,
            _DATE_SETTINGS,
            _FLOWS_LEFT_OUT,
            _REPORT_DATE,
        ),
        sets_clock=True,
    ),
    "arvas-tem-104m-1": Model(
        "TEM-104M-1",
        ("TEM-104M-1",),
        "none public; addresses of one program of 2018",
        tem_104m.MAP_M_1,
        (choices.LARGEST_READ, choices.NAME_CHECK),
        (
            "UNCONFIRMED: the clock, which is that of TEM-104M",
            "UNCONFIRMED: which pipe the flow meter is in; its volume and mass are told without one",
            "No archive is known",
        ),
    ),
    "arvas-tem-104-k": Model(
        "TEM-104-K",
        ("\u0422\u0415\u041c-101", "TEM-101", "TEM-104-K"),
        "TEM-104-K protocol, firmware below 2.08 and from 2.08",
        tem_104_k.MAP,
        (choices.STAMP, choices.CONTENT, choices.NAME_CHECK),
        (
            _PLACES,
            "UNCONFIRMED: whether a record carries the end or the start of its slot",
            "UNCONFIRMED: whether records hold totals or amounts",
            "UNCONFIRMED: the checksum of a record; the inverted and the negated sum are both taken",
            "UNCONFIRMED: the pointers are addresses of the archive's memory",
            _REPORT_DATE,
        ),
    ),
}
