"""Components of meters: what each meter consists of, its seals and its verifications."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from api.errors import InvalidRequest
from api.keys import Scope, allowed
from api.registry import ComponentIn, ComponentOut, Day, component_out
from api.routes.registry import existing_meter
from api.schemas import Identifier
from api.services import ServicesNeeded
from metering.components import ComponentKind
from metering.errors import ConfigurationError

router = APIRouter(tags=["registry"])


@router.get("/meters/{meter_id}/components", dependencies=[Depends(allowed(Scope.REGISTRY_READ))])
async def list_components(services: ServicesNeeded, meter_id: Identifier) -> list[ComponentOut]:
    """Every component that the meter ever had, oldest first."""
    await existing_meter(services, meter_id)
    return [component_out(one) for one in await services.components.of_meter(meter_id)]


@router.put(
    "/meters/{meter_id}/components/{kind}/{since}", dependencies=[Depends(allowed(Scope.REGISTRY_WRITE))]
)
async def put_component(
    services: ServicesNeeded, meter_id: Identifier, kind: ComponentKind, since: Day, component: ComponentIn
) -> list[ComponentOut]:
    """Fits a component, or changes what is known of it; the one of its kind before ends on that day.

    One that is verified anew is put again, since the day of that verification: what was valid before stays
    known. Answers with every component of the meter.
    """
    await existing_meter(services, meter_id)
    try:
        await services.components.put(meter_id, component.component(kind, since))
    except ConfigurationError as error:
        raise InvalidRequest(f"body: {error}") from error
    return await list_components(services, meter_id)
