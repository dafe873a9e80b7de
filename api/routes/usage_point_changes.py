"""What billing knows of a usage point, changed."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from api.errors import InvalidRequest
from api.keys import Scope, allowed
from api.registry import PointChangeIn, UsagePointOut, usage_point_out
from api.routes.registry import existing_usage_point
from api.schemas import Identifier
from api.services import ServicesNeeded
from metering.errors import ConfigurationError

router = APIRouter(tags=["registry"], dependencies=[Depends(allowed(Scope.REGISTRY_WRITE))])


@router.patch("/usage-points/{usage_point_id}")
async def change_usage_point(
    services: ServicesNeeded, usage_point_id: Identifier, change: PointChangeIn
) -> UsagePointOut:
    """Changes what billing knows of a usage point; the registry's journal names the key."""
    await existing_usage_point(services, usage_point_id)
    try:
        await services.registry.change_usage_point(usage_point_id, change.particulars())
    except ConfigurationError as error:
        raise InvalidRequest(f"body: {error}") from error
    return usage_point_out(await existing_usage_point(services, usage_point_id))
