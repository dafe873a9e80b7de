"""The models: ordinals of current values, depths, and what the reference leaves open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from metering.calendar import ArchiveKind
from protocols.driver import Choice, DriverInfo, LineDefaults, Stamp, Verification
from protocols.vendor.logika_spbus.columns import MEANINGS, PAIRS, TRIPLES
from protocols.vendor.logika_spbus.dialogue import DIRECT

ARCHIVES: Final[Mapping[ArchiveKind, int]] = {
    ArchiveKind.HOUR: 65530,
    ArchiveKind.DAY: 65532,
    ArchiveKind.MONTH: 65534,
}
IDENTIFIER, MODEL = (0, 8), (0, 99)
SETTLEMENT: Final = {"settlement_hour": (0, 24), "settlement_day": (0, 25)}
CLOCK: Final = ((0, 60), (0, 61))

PIPES: Final = Choice(
    "pipes",
    (PAIRS, TRIPLES),
    "Which pipes are a heat input's: 1 and 2, then 3 and 4 (supply and return), or three with the make-up. "
    "The scheme is a setting that no document at hand places; look at the meter's data base.",
)
LABEL_IS_END, LABEL_IS_START = "end", "start"
LABEL: Final = Choice(
    "label",
    (LABEL_IS_END, LABEL_IS_START),
    "Whether a slice is labelled with the end or the start of its interval: no source says. Compare an "
    "hour's slice with the meter's display.",
)
FOUR, TWO = "four", "two"
YEAR: Final = Choice(
    "year",
    (FOUR, TWO),
    "How many digits of the year a slice is asked with: four by the maker's library, two in a collector that "
    "reads SPT762 and SPG762.",
)


@dataclass(frozen=True, slots=True)
class SpbusModel:
    """One model. `text` begins what the device says of itself; `month` is added to an hour's ordinal.

    `common`, `pipe` and `group` are the ordinals of current values and totals, with what they are.
    """

    info: DriverInfo
    text: str
    common: Mapping[int, str]
    pipe: Mapping[int, str]
    group: Mapping[int, str]
    archived: Mapping[int, str]
    month: int = 2


_NOTES: Final = (
    "The serial number is the identifier (parameter 008): no ordinal of the factory number is confirmed.",
    "Days and months are read where the meter closes them at midnight and on the first: with another "
    "settlement hour (024) or day (025) no calendar slot has such a record, and hours are what is read.",
    "UNCONFIRMED: whether slices are labelled with their end; see the choice label.",
    "UNCONFIRMED: which pipes are supply and return of which heat input; see the choice pipes.",
    "UNCONFIRMED: depths; of the month archive no source knows more than an upper limit.",
)
_TOTALS_OPEN: Final = (
    "UNCONFIRMED: that totals 160, 163, 360 and 361 exist here; they are known of the SPT762."
)

_COMMON: Final = {63: "temperature_outdoor"}
_PIPE: Final = {154: "pressure", 156: "temperature", 160: "mass", 163: "volume"}
_GROUP: Final = {340: "temperature_difference", 351: "power", 361: "energy_heating"}


def _info(model: str, title: str, *notes: str) -> DriverInfo:
    return DriverInfo(
        model=model,
        protocol="logika-spbus",
        maker="Logika",
        title=title,
        manual="none from the maker; logika-spbus.md, from the library LibLogika and independent collectors",
        verification=Verification.NOT_ON_HARDWARE,
        line=LineDefaults(baud=2400, parity="N", timeout=3.0, stop=2),
        depths={ArchiveKind.HOUR: 960, ArchiveKind.DAY: 365, ArchiveKind.MONTH: 24},
        stamp=Stamp.SLOT_END,
        default_address=DIRECT,
        choices=(PIPES, LABEL, YEAR),
        notes=(*notes, *_NOTES),
    )


_ALL: Final = (
    SpbusModel(
        info=_info("logika-spt961", "Logika SPT961", _TOTALS_OPEN),
        text="961",
        common=_COMMON,
        pipe={150: "volume_flow", **_PIPE},
        group=_GROUP,
        archived=MEANINGS,
    ),
    SpbusModel(
        info=_info("logika-spt961m", "Logika SPT961M", _TOTALS_OPEN),
        text="961",
        common=_COMMON,
        pipe={171: "volume_flow", **_PIPE},
        group=_GROUP,
        archived=MEANINGS,
    ),
    SpbusModel(
        info=_info(
            "logika-spt961-1",
            "Logika SPT961.1/.2",
            _TOTALS_OPEN,
            "UNCONFIRMED: ordinals of current values; those of the SPT961M are asked for.",
        ),
        text="961",
        common=_COMMON,
        pipe={171: "volume_flow", **_PIPE},
        group=_GROUP,
        archived=MEANINGS,
    ),
    SpbusModel(
        info=_info(
            "logika-spt762",
            "Logika SPT762",
            "UNCONFIRMED: months have the hour's ordinal and three more, as with SPG761 and SPG762.",
        ),
        text="762",
        common={**_COMMON, 65: "temperature_cold_water", 66: "pressure_cold_water"},
        pipe={171: "volume_flow", **_PIPE},
        group={361: "energy_heating"},
        archived=MEANINGS,
        month=3,
    ),
)
MODELS: Final[Mapping[str, SpbusModel]] = {model.info.model: model for model in _ALL}
