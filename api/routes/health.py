"""Whether this process lives, and whether it can answer."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.services import ServicesNeeded
from metering.errors import StorageUnavailable

router = APIRouter(prefix="/health", tags=["health"])


class Live(BaseModel):
    status: Literal["live"] = Field(examples=["live"])


class Ready(BaseModel):
    status: Literal["ready"] = Field(examples=["ready"])
    schema_revision: str = Field(examples=["0001"])


@router.get("/live")
async def live() -> Live:
    """The process answers; whether the database does is not asked."""
    return Live(status="live")


@router.get("/ready")
async def ready(services: ServicesNeeded) -> Ready:
    """The database is reachable and migrated; 503 otherwise."""
    state = await services.database.check()
    if not state.reachable:
        raise StorageUnavailable(f"The database cannot be reached: {state.problem}")
    if state.revision is None:
        raise StorageUnavailable("The database has no schema yet: run `teplo migrate`.")
    return Ready(status="ready", schema_revision=state.revision)
