"""Import of the registry as it is answered, and who knows what lines and meters can be: the API does not."""

from __future__ import annotations

from asyncio import Lock
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request
from pydantic import BaseModel, Field

from api.errors import Conflict
from billing.registry_table.checking import Judge, LineParts
from billing.registry_table.importing import Verdict

UNJUDGED = Judge(lambda url: LineParts(url, None, modem=False, pushes=False), lambda model, address: None)
"""Whatever is written counts: for an API beside which nobody knows lines and meters."""


class FaultOut(BaseModel):
    """What is wrong and where, as the sheet numbers its rows; row 0: the whole sheet."""

    sheet: str = Field(examples=["usage_points"])
    row: int = Field(examples=[17])
    column: str = Field(examples=["closing_hour"])
    reason: str = Field(examples=["write a whole number, 0 to 23"])


class SheetOut(BaseModel):
    """What became, or would become, of the rows of a sheet."""

    sheet: str = Field(examples=["usage_points"])
    rows: int = Field(examples=[300])
    added: int = Field(examples=[12])
    changed: int = Field(examples=[3])
    unchanged: int = Field(examples=[285])


class RegistryImportOut(BaseModel):
    """Whether all of it was stored; with any fault nothing is. At most 1000 of `faults_in_all` are told."""

    stored: bool = Field(examples=[False])
    sheets: list[SheetOut]
    faults: list[FaultOut]
    faults_in_all: int = Field(examples=[1])


@asynccontextmanager
async def alone(request: Request) -> AsyncIterator[None]:
    """One import at a time in this process: unpacked, a file may fill much memory. Conflict meanwhile."""
    importing: Lock = request.app.state.importing
    if importing.locked():
        raise Conflict("Another registry file is being taken over.")
    async with importing:
        yield


def judge_of(request: Request) -> Judge:
    """What the application was given to know lines and meters by."""
    judge: Judge = request.app.state.judge
    return judge


def import_out(verdict: Verdict) -> RegistryImportOut:
    return RegistryImportOut(
        stored=verdict.stored,
        sheets=[
            SheetOut(
                sheet=one.sheet, rows=one.rows, added=one.added, changed=one.changed, unchanged=one.unchanged
            )
            for one in verdict.counts
        ],
        faults=[
            FaultOut(sheet=one.sheet, row=one.row, column=one.column, reason=one.reason)
            for one in verdict.faults
        ],
        faults_in_all=verdict.faults_in_all,
    )
