"""Who read what of billing, and who changed what."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from api.cursors import CursorText, decode_id, encode
from api.keys import Scope, allowed
from api.limits import PageSize
from api.schemas import Page, Timestamp
from api.services import ServicesNeeded
from storage.access_log import Access

router = APIRouter(tags=["access"], dependencies=[Depends(allowed(Scope.AUDIT_READ))])


class AnsweredOut(BaseModel):
    """What an answer for billing came to."""

    lines: int = Field(examples=[2])
    total: str | None = Field(description="Gcal; null: nothing could be billed.", examples=["34.5"])


class AccessOut(BaseModel):
    """One request of a key."""

    id: int = Field(examples=[4711])
    at: Timestamp
    api_key_id: int = Field(examples=[3])
    caller: str = Field(examples=["alseco-billing"])
    method: str = Field(examples=["GET"])
    path: str = Field(examples=["/api/v1/consumption"])
    query: str = Field(examples=["month=2026-01"])
    status: int = Field(examples=[200])
    answered: AnsweredOut | None


@router.get("/access-log")
async def list_accesses(
    services: ServicesNeeded, cursor: CursorText = None, limit: PageSize = 100
) -> Page[AccessOut]:
    """Reads with `billing:read` and every change, the newest first."""
    before = decode_id(cursor) if cursor is not None else None
    accesses = await services.access_log.page(before, limit)
    next_cursor = encode(accesses[-1][0]) if len(accesses) == limit else None
    return Page(items=[_out(*one) for one in accesses], next_cursor=next_cursor)


def _out(identifier: int, one: Access) -> AccessOut:
    answered = AnsweredOut(**one.answered) if one.answered else None
    return AccessOut(
        id=identifier,
        at=one.at,
        api_key_id=one.api_key_id,
        caller=one.caller,
        method=one.method,
        path=one.path,
        query=one.query,
        status=one.status,
        answered=answered,
    )
