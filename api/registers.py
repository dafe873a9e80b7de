"""A register's level as it is answered, with the way back to its frame."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, Field

from api.links import OriginLinks, origin_links
from api.schemas import Amount, DecimalText, Timestamp, known
from metering.evidence import RegisterReading, RegisterSource
from metering.exact import decimal_text
from metering.readings import Flag


class RegisterOut(BaseModel):
    """A register's level. level = raw x factor of the factor set; `frame` is the number within the poll."""

    meter_id: int = Field(examples=[42])
    circuit: int = Field(examples=[1])
    at: Timestamp
    level: Amount
    raw: Amount
    factor: DecimalText
    factor_set: str = Field(examples=["exact"])
    source: RegisterSource = Field(examples=[RegisterSource.TOTAL])
    flags: list[Flag] = Field(examples=[[]])
    poll_id: UUID | None = Field(
        examples=["01890a5d-ac96-774b-bcce-b302099a8057"], description="Null: a person read it off."
    )
    frame: int = Field(examples=[2])
    links: OriginLinks


def register_out(register: RegisterReading | None, unit: str) -> RegisterOut | None:
    """A level in this unit, its quantity's canonical one; None stays None."""
    if register is None:
        return None
    return RegisterOut(
        meter_id=register.meter_id,
        circuit=register.circuit,
        at=register.at,
        level=known(register.value, unit),
        raw=known(register.raw_value, register.raw_unit),
        factor=decimal_text(register.factor),
        factor_set=register.factor_set,
        source=register.source,
        flags=sorted(register.flags),
        poll_id=register.poll_id,
        frame=register.frame,
        links=origin_links(register.meter_id, register.poll_id),
    )
