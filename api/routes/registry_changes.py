"""The registry's journal: who changed what, when, from what to what."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from api.cursors import CursorText, after_id, decode_id
from api.errors import InvalidRequest
from api.keys import Scope, allowed
from api.limits import PageSize
from api.schemas import LineText, Page, Timestamp
from api.services import ServicesNeeded
from storage.journal import SUBJECTS, RegistryChange

router = APIRouter(tags=["registry"], dependencies=[Depends(allowed(Scope.REGISTRY_READ))])
_POINT = {"code": "UP-0017", "contract": ""}


class ChangeOut(BaseModel):
    """A row as it was and as it is, by column; null: it was added, or removed."""

    id: int = Field(examples=[1204])
    at: Timestamp
    changed_by: str = Field(examples=["A. Serikova"])
    subject: str = Field(examples=["usage_point"])
    key: str = Field(examples=["17"], description="The row's id, or its parts with slashes between them.")
    before: dict[str, Any] | None = Field(examples=[_POINT])
    after: dict[str, Any] | None = Field(examples=[_POINT | {"contract": "1204"}])


@router.get("/registry-changes")
async def list_registry_changes(
    services: ServicesNeeded,
    subject: Annotated[
        str | None, Query(max_length=40, description=f"One of: {', '.join(SUBJECTS)}.")
    ] = None,
    key: Annotated[LineText | None, Query(description="Of this row alone, with `subject`.")] = None,
    cursor: CursorText = None,
    limit: PageSize = 100,
) -> Page[ChangeOut]:
    """Every change of the registry, newest first."""
    if subject is not None and subject not in SUBJECTS:
        raise InvalidRequest(f"subject: there is none of this name; there are: {', '.join(SUBJECTS)}.")
    before = decode_id(cursor) if cursor is not None else None
    items = [_change(one) for one in await services.journal.changes(subject, key, before, limit)]
    return Page(items=items, next_cursor=after_id(items, limit))


def _change(one: RegistryChange) -> ChangeOut:
    return ChangeOut(
        id=one.id,
        at=one.at,
        changed_by=one.changed_by,
        subject=one.subject,
        key=one.key,
        before=dict(one.before) if one.before is not None else None,
        after=dict(one.after) if one.after is not None else None,
    )
