"""The lines of a run or correction as they are answered in JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, Field

from api.billing_runs import run_link
from api.consumption import BILLED_UNIT
from api.schemas import DecimalText, Timestamp
from metering.billing_changes import SENTENCES as CHANGES
from metering.billing_changes import Change
from metering.billing_lines import Status
from metering.exact import exact_sum
from metering.outcomes import Translate
from metering.reasons import Because, Reason
from storage.billing_runs import StoredLine


class BillingReasonOut(BaseModel):
    """Something that has to be known of a line: a word for programs, a sentence for people."""

    word: str = Field(examples=["no_meter"])
    text: str = Field(examples=["No meter was installed from 2026-01-03 to 2026-01-05."])


class DifferenceOut(BaseModel):
    """What a correction changes: after minus before; an absent value counts as nothing."""

    value: DecimalText
    measured: DecimalText
    estimated: DecimalText
    billed: DecimalText = Field(description="Of what stands on the bill: the signed amount to be billed now.")
    value_before: DecimalText | None
    status_before: Status | None = Field(examples=[Status.ESTIMATED])
    because: list[BillingReasonOut]


class BillingLineLinks(BaseModel):
    """Where to go on from a line."""

    provenance: str = Field(examples=["/api/v1/billing-runs/17/lines/1/provenance"])


class BillingLineOut(BaseModel):
    """A frozen line. Of a correction it is the newer one, or the one that is gone, and `correction` is told.

    `segments`: the registers, records and reported readings that it rests on, each with poll and frame.
    """

    number: int = Field(examples=[1])
    usage_point_id: int = Field(examples=[17])
    usage_point_code: str = Field(examples=["UP-0017"])
    usage_point_name: str = Field(examples=["School 12, boiler room"])
    contract: str = Field(examples=["7-112"])
    account: str = Field(examples=["000017"])
    site_code: str = Field(examples=["S1"])
    district: str = Field(examples=["Алмалы"])
    service_centre: str = Field(examples=["Алматы"])
    start: Timestamp = Field(serialization_alias="from")
    end: Timestamp = Field(serialization_alias="to")
    quantity: str = Field(examples=["energy_heating"])
    unit: str = Field(examples=["Gcal"])
    factor_set: str = Field(examples=["exact"])
    status: Status = Field(examples=[Status.MEASURED])
    billable: bool = Field(examples=[True])
    value: DecimalText | None
    measured: DecimalText | None
    estimated: DecimalText | None
    uncertainty: DecimalText
    completeness: DecimalText
    reasons: list[BillingReasonOut]
    segments: list[dict[str, Any]] = Field(examples=[[]])
    correction: DifferenceOut | None
    links: BillingLineLinks


def billing_line_out(run: int, line: StoredLine, translate: Translate) -> BillingLineOut:
    """The line as it is answered."""
    contents = told(line)
    plain = {name: contents[name] for name in BillingLineOut.model_fields if name in contents}
    return BillingLineOut(
        **{
            **plain,
            "number": line.number,
            "start": contents["period"]["start"],
            "end": contents["period"]["end"],
            "reasons": [_reason(one, translate) for one in contents["reasons"]],
            "correction": _correction(line.contents, translate),
            "links": BillingLineLinks(provenance=f"{run_link(run)}/lines/{line.number}/provenance"),
        }
    )


def told(line: StoredLine) -> Mapping[str, Any]:
    """The contents of the line itself: of a correction what is now, or what is gone and absent now."""
    contents = line.contents
    if "difference" not in contents:
        return contents
    if contents["after"] is not None:
        return dict(contents["after"])
    gone = {"status": Status.ABSENT.value, "billable": False}
    return {**contents["before"], **gone, "value": None, "measured": None, "estimated": None}


def billed_of(lines: Iterable[StoredLine]) -> Decimal | None:
    """What of these lines stands on bills, in Gcal; of corrections what is billed now. None: nothing."""
    billed = [value for line in lines if (value := _billed(line)) is not None]
    return exact_sum(billed) if billed else None


def _billed(line: StoredLine) -> Decimal | None:
    contents = told(line)
    if contents["unit"] != BILLED_UNIT:
        return None
    if "difference" in line.contents:
        return Decimal(line.contents["difference"]["billed"])
    return Decimal(contents["value"]) if contents["billable"] and contents["value"] is not None else None


def reason_text(frozen: Mapping[str, Any], translate: Translate) -> str:
    """The sentence of a frozen reason."""
    particulars = tuple((name, text) for name, text in frozen["particulars"])
    return Reason(Because(frozen["word"]), particulars).text(translate)


def _reason(frozen: Mapping[str, Any], translate: Translate) -> BillingReasonOut:
    return BillingReasonOut(word=frozen["word"], text=reason_text(frozen, translate))


def _correction(contents: Mapping[str, Any], translate: Translate) -> DifferenceOut | None:
    if "difference" not in contents:
        return None
    before = contents["before"] or {}
    return DifferenceOut(
        **contents["difference"],
        value_before=before.get("value"),
        status_before=before.get("status"),
        because=[
            BillingReasonOut(word=one, text=translate(CHANGES[Change(one)])) for one in contents["because"]
        ],
    )
