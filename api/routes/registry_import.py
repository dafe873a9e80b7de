"""The registry taken over from sheets: all of it, or nothing and every bad row with its reason."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from api.errors import InvalidRequest
from api.keys import Scope, allowed
from api.registry_imports import RegistryImportOut, alone, import_out, judge_of
from api.services import ServicesNeeded
from billing.registry_table.columns import SUBJECTS
from billing.registry_table.importing import Refused, RegistryTable, sheets_of
from metering.errors import ConfigurationError

router = APIRouter(tags=["registry"], dependencies=[Depends(allowed(Scope.REGISTRY_WRITE))])

SheetName = StrEnum("SheetName", {name.upper(): name for name in SUBJECTS})  # type: ignore[misc]
_FILE = {
    "text/csv": {"schema": {"type": "string"}, "example": "code,contract,account\nUP-0017,1204,800123456\n"},
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {
        "schema": {"type": "string", "format": "binary"}
    },
}


@router.post("/registry/import", openapi_extra={"requestBody": {"required": True, "content": _FILE}})
async def import_registry(
    services: ServicesNeeded,
    request: Request,
    dry_run: Annotated[bool, Query(description="Only tell what would become of it.")] = False,
    sheet: Annotated[SheetName | None, Query(description="What the rows of a CSV file are.")] = None,
) -> RegistryImportOut:
    """Takes over an XLSX workbook, or CSV of one sheet, of 8 MiB at most.

    Rows are added and changed, never removed; a column that is missing leaves what stands. With any fault
    nothing is stored, and every bad row is told. 409 while another file is being read.
    """
    data = await request.body()
    if sheet is None and not data.startswith(b"PK"):
        raise InvalidRequest("query.sheet: name the sheet of a CSV file; only a workbook names its own.")
    async with alone(request):
        table = RegistryTable(services.database, judge_of(request))
        try:
            sheets = await asyncio.to_thread(sheets_of, sheet.value if sheet else "The body", data)
        except ConfigurationError as error:
            raise InvalidRequest(f"body: {error}") from error
        try:
            return import_out(await (table.examine(sheets) if dry_run else table.store(sheets)))
        except Refused as refused:
            return import_out(refused.verdict)
