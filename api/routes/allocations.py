"""Allocation: a building's heat divided among its premises. Nothing is kept of what is asked here."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from api.allocations import AllocationIn, AllocationOut, RatesIn, RatesOut, allocation_out, rates_out
from api.errors import InvalidRequest
from api.keys import Scope, allowed
from metering.errors import ConfigurationError

router = APIRouter(tags=["allocation"], dependencies=[Depends(allowed(Scope.BILLING_READ))])


@router.post("/allocations")
def allocate_heat(asked: AllocationIn) -> AllocationOut:
    """Divides a building's Gcal among its premises by a published method.

    The parts add up to the building's last digit: they are rounded by largest remainders. Amounts follow
    the rounding that is named; 422 when the figures contradict each other.
    """
    try:
        return allocation_out(asked)
    except ConfigurationError as error:
        raise InvalidRequest(f"body: {error}") from error


@router.post("/allocations/by-rate")
def charge_rates(asked: RatesIn) -> RatesOut:
    """Charges where no meter counts: by a norm or a tariff per person, square metre or cubic metre."""
    return rates_out(asked)
