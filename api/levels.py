"""A signal level as it is answered: dBm with the modem's own words beside it, or why there is none."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field

from api.schemas import Amount, Timestamp, amount
from metering.signals import RadioTechnology, Registration, SignalLevel, SignalReport, SignalSource


class LevelAbsence(StrEnum):
    """Why there is no level."""

    NO_ANSWER = "no_answer"
    """The modem was asked and did not answer."""
    NOT_KNOWN = "not_known"
    """The modem answered that it does not know."""


def dbm_field(example: str = "-85", description: str | None = None) -> Any:
    """A level with its unit; null where there is none."""
    return Field(examples=[{"value": example, "unit": "dBm"}], description=description)


def db_field(example: str, description: str | None = None) -> Any:
    """A difference of levels with its unit; null where there is none."""
    return Field(examples=[{"value": example, "unit": "dB"}], description=description)


class SignalOut(BaseModel):
    """What a modem said of its signal. `level` is null exactly when `absence` says why."""

    level: Amount | None = dbm_field()
    absence: LevelAbsence | None = Field(examples=[None])
    raw: str = Field(examples=["CSQ 14,99"], description="The modem's own words.")
    bit_errors: int | None = Field(examples=[0], description="Class 0 to 7 of 3GPP 27.007; null: not known.")
    reference_power: Amount | None = dbm_field("-101", "RSRP; null where the network is not LTE.")
    reference_quality: Amount | None = db_field("-11.5", "RSRQ; null where the network is not LTE.")
    technology: RadioTechnology | None = Field(examples=[RadioTechnology.GSM])
    registration: Registration | None = Field(examples=[Registration.HOME])
    operator: str = Field(examples=["KCELL"])
    cell: str = Field(examples=["01F3:9A21"])


class LevelOut(SignalOut):
    """One entry of a modem's series."""

    at: Timestamp
    source: SignalSource = Field(
        examples=[SignalSource.CALL], description="The occasion on which it was learned."
    )


def level_out(entry: SignalLevel) -> LevelOut:
    """An entry of a series as it is answered."""
    return LevelOut(**signal_fields(entry.report), at=entry.at, source=entry.source)


def signal_fields(report: SignalReport | None) -> dict[str, Any]:
    """The fields of SignalOut; a report that is None is a modem that did not answer."""
    said = report or SignalReport("")
    return {
        "level": amount(said.level, "dBm"),
        "absence": _absence(report),
        "raw": said.raw,
        "bit_errors": said.bit_errors,
        "reference_power": amount(said.reference_power, "dBm"),
        "reference_quality": amount(said.reference_quality, "dB"),
        "technology": said.technology,
        "registration": said.registration,
        "operator": said.operator,
        "cell": said.cell,
    }


def _absence(report: SignalReport | None) -> LevelAbsence | None:
    if report is None:
        return LevelAbsence.NO_ANSWER
    return LevelAbsence.NOT_KNOWN if report.level is None else None
