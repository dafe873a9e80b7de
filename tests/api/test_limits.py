"""What a caller can ask for costs no more than is allowed, and what goes beyond it is told why."""

from __future__ import annotations

from httpx import AsyncClient

from api.errors import LONGEST_LOCATION, MOST_FAULTS
from tests.api.test_errors import checked

SURVEYS = "/api/v1/signal-surveys"


async def test_of_many_faults_the_first_are_told_and_the_others_counted(client: AsyncClient) -> None:
    unknown = {f"unknown_{number}": 0 for number in range(1000)}
    body = checked(await client.post(SURVEYS, json={"line_id": 1} | unknown), 422)
    assert len(body["errors"]) == MOST_FAULTS
    assert body["detail"].endswith(f"; and {1000 - MOST_FAULTS} more")


async def test_a_long_name_of_a_field_is_not_told_in_full(client: AsyncClient) -> None:
    body = checked(await client.post(SURVEYS, json={"line_id": 1, "x" * 50_000: 0}), 422)
    assert [len(fault["location"]) for fault in body["errors"]] == [LONGEST_LOCATION]
    assert len(body["detail"]) < 2 * LONGEST_LOCATION
