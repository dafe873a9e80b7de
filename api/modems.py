"""A modem as it is answered."""

from __future__ import annotations

from pydantic import BaseModel, Field

from api.levels import LevelOut, db_field, dbm_field
from api.schemas import Amount, Timestamp
from api.traffic import DayTrafficOut, MonthTrafficOut
from storage.modem_rows import ModemKind, ModemState


class ModemOut(BaseModel):
    """One of ours (`own`), or the one at a line's far end (`remote`). A text that is not known is empty."""

    id: int = Field(examples=[7])
    kind: ModemKind = Field(examples=[ModemKind.REMOTE])
    identity: str = Field(
        examples=["356938035643809"], description="Its line's number, IMEI or address; of ours, its URL."
    )
    state: ModemState = Field(examples=[ModemState.CONNECTED])
    held_by: str | None = Field(examples=["almaty-1"], description="The collector to which it is connected.")
    held_since: Timestamp | None
    failures: int = Field(examples=[0], description="Of ours: calls in a row that failed by its fault.")
    fault: str = Field(examples=[""], description="How the last of them failed.")
    pool: str | None = Field(examples=[None], description="Of ours.")
    line_id: int | None = Field(examples=[5], description="Of a remote one.")
    site: str = Field(examples=["Abai 12, cellar"])
    phone: str = Field(examples=["+77015550001"])
    imei: str = Field(examples=["356938035643809"])
    iccid: str = Field(examples=["8999701560000000001"], description="The number of its SIM card.")
    operator: str = Field(examples=["KCELL"])
    maker: str = Field(examples=["iRZ"])
    model: str = Field(examples=["ATM21.B"])
    firmware: str = Field(examples=["2.7"])
    address: str = Field(examples=["10.20.1.7:40112"], description="From where it last connected to us.")
    last_contact_at: Timestamp | None = Field(description="Null when it was never heard.")
    last_contact_age_seconds: int | None = Field(examples=[540], description="Seconds until now.")
    current: LevelOut | None = Field(description="What it said last; null when it never did.")
    current_age_seconds: int | None = Field(examples=[540], description="Seconds until now.")
    link: str = Field(examples=["/api/v1/modems/7"])


class TrendOut(BaseModel):
    """The mean level of a span that ends now, and its change against the span before, both to a tenth."""

    mean: Amount | None = dbm_field("-84.2", "Null without samples.")
    change: Amount | None = db_field("-3.1", "Negative: weaker. Null without samples in both spans.")
    samples: int = Field(examples=[24])


class FailedOut(BaseModel):
    """How calls, or polls, ended that were made while the level was within 3 dB of the present one."""

    attempts: int = Field(examples=[40], description="Among the latest thousand.")
    failed: int = Field(examples=[6])
    share: Amount | None = Field(
        examples=[{"value": "15", "unit": "%"}], description="To a tenth; null without attempts."
    )


class ModemLinks(BaseModel):
    """Where to go on from a modem."""

    line: str | None = Field(examples=["/api/v1/lines/5"])
    signal: str = Field(examples=["/api/v1/modems/7/signal"])
    calls: str = Field(examples=["/api/v1/modems/7/calls"])
    traffic: str = Field(examples=["/api/v1/modems/7/traffic"])


class ModemDetail(ModemOut):
    """A modem, where its signal is heading, how attempts go at this level, and what it carries."""

    resting_until: Timestamp | None = Field(description="When one of ours that failed is used again.")
    last_24_hours: TrendOut
    last_30_days: TrendOut
    failed_at_this_level: FailedOut | None = Field(description="Null when the present level is not known.")
    traffic_today: DayTrafficOut
    traffic_this_month: MonthTrafficOut
    links: ModemLinks
