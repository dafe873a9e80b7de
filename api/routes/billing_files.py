"""The lines of a run as one file, as billing programs take it in: NDJSON, CSV, XLSX, Parquet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, StreamingResponse
from starlette.background import BackgroundTask

from api.access import Caller
from api.billing_lines import billed_of, billing_line_out
from api.billing_table import COLUMNS, cells
from api.billing_table_files import MOST_ROWS_OF_XLSX, ParquetFile, TableFile, XlsxFile
from api.billing_table_texts import DecimalMark, Dialect, Encoding, Separator
from api.consumption import plus
from api.errors import Conflict
from api.file_answers import file_answer, text_answer
from api.keys import BillingCaller
from api.languages import Translated
from api.routes.billing_runs import ready_run
from api.schemas import Identifier
from api.services import Services, ServicesNeeded
from metering.outcomes import Translate
from storage.billing_runs import BillingRun, StoredLine

NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PARQUET: Final = "application/vnd.apache.parquet"
_CHUNK: Final = 500

router = APIRouter(tags=["billing runs"])


_HEAD: Final = ",".join(COLUMNS) + "\r\n"


@router.get(
    "/billing-runs/{number}/lines.ndjson",
    response_class=StreamingResponse,
    responses=text_answer(NDJSON, '{"number": 1, "usage_point_code": "UP-0017", "value": "12.345"}\n'),
)
async def export_billing_ndjson(
    services: ServicesNeeded, caller: BillingCaller, number: Identifier, translate: Translated
) -> StreamingResponse:
    """One JSON object a line, each like those of the JSON pages."""
    await ready_run(services, number)

    async def told() -> AsyncIterator[str]:
        async for chunk in _chunks(services, caller, number):
            lines = (
                billing_line_out(number, line, translate).model_dump_json(by_alias=True) for line in chunk
            )
            yield "".join(f"{line}\n" for line in lines)

    return StreamingResponse(told(), media_type=NDJSON, headers=_named(number, "ndjson"))


@router.get(
    "/billing-runs/{number}/lines.csv", response_class=StreamingResponse, responses=text_answer(CSV, _HEAD)
)
async def export_billing_csv(
    services: ServicesNeeded,
    caller: BillingCaller,
    number: Identifier,
    translate: Translated,
    encoding: Annotated[Encoding, Query()] = Encoding.UTF_8,
    separator: Annotated[Separator, Query()] = Separator.COMMA,
    decimal_mark: Annotated[DecimalMark, Query()] = DecimalMark.POINT,
) -> StreamingResponse:
    """A header row and a row per line; an empty cell is an absent value.

    Windows-1251 lacks Kazakh letters: each is written as the Russian letter like it (қ as к), and any other
    character that is missing as a question mark. UTF-8 keeps all of them.
    """
    await ready_run(services, number)
    dialect = Dialect(encoding, separator, decimal_mark)

    async def told() -> AsyncIterator[bytes]:
        yield dialect.head()
        async for chunk in _chunks(services, caller, number):
            yield dialect.rows(cells(number, line, translate) for line in chunk)

    media_type = f"{CSV}; charset={encoding}; header=present"
    return StreamingResponse(told(), media_type=media_type, headers=_named(number, "csv"))


@router.get(
    "/billing-runs/{number}/lines.xlsx",
    response_class=FileResponse,
    responses=file_answer(XLSX),
)
async def export_billing_xlsx(
    services: ServicesNeeded, caller: BillingCaller, number: Identifier, translate: Translated
) -> FileResponse:
    """A workbook of one sheet. A number with more digits than a spreadsheet holds is a text."""
    run = await ready_run(services, number)
    if run.lines > MOST_ROWS_OF_XLSX:
        raise Conflict(f"Run {number} has {run.lines} lines, a sheet {MOST_ROWS_OF_XLSX}: take Parquet.")
    return await _file(services, caller, run, translate, "xlsx", XLSX, XlsxFile)


@router.get(
    "/billing-runs/{number}/lines.parquet",
    response_class=FileResponse,
    responses=file_answer(PARQUET),
)
async def export_billing_parquet(
    services: ServicesNeeded, caller: BillingCaller, number: Identifier, translate: Translated
) -> FileResponse:
    """Amounts are exact decimals (decimal128) with as many places as the run needs, at most 24."""
    run = await ready_run(services, number)
    places = await services.billing_runs.places(number)
    return await _file(
        services, caller, run, translate, "parquet", PARQUET, lambda path: ParquetFile(path, places)
    )


async def _chunks(services: Services, caller: Caller, number: int) -> AsyncIterator[list[StoredLine]]:
    """Chunk by chunk, each told to the caller: the memory needed does not grow with the run."""
    after, told, total = 0, 0, None
    while chunk := await services.billing_runs.lines(number, after, _CHUNK):
        told, total = told + len(chunk), plus(total, billed_of(chunk))
        caller.told(told, total)
        yield chunk
        after = chunk[-1].number


async def _file(
    services: Services,
    caller: Caller,
    run: BillingRun,
    translate: Translate,
    ending: str,
    media_type: str,
    opened: Callable[[Path], TableFile],
) -> FileResponse:
    """Written to the disk and sent from there; the disk is freed when it was sent, or when it fails."""
    folder = Path(mkdtemp(prefix="teplo-"))
    path = folder / f"lines.{ending}"
    try:
        with opened(path) as table:
            async for chunk in _chunks(services, caller, run.number):
                rows = [cells(run.number, line, translate) for line in chunk]
                await asyncio.to_thread(table.add, rows)
    except BaseException:
        rmtree(folder, ignore_errors=True)
        raise
    freed = BackgroundTask(rmtree, folder, ignore_errors=True)
    return FileResponse(path, media_type=media_type, headers=_named(run.number, ending), background=freed)


def _named(number: int, ending: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="billing-run-{number}.{ending}"'}
