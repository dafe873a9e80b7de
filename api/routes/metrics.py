"""The state of the network for Prometheus."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from api.file_answers import text_answer
from api.keys import Scope, allowed
from api.metrics import Metrics

_EXAMPLE: Final = '# TYPE teplo_lines gauge\nteplo_lines{state="up"} 118.0\n'

router = APIRouter(tags=["health"], dependencies=[Depends(allowed(Scope.POLLS_READ))])


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    responses=text_answer("text/plain", _EXAMPLE),
)
async def metrics(request: Request) -> Response:
    """Polls, lines, queue, collectors, problems and completeness in Prometheus' text format.

    Counted at most four times a minute, completeness every ten minutes. Prometheus sends the API key as its
    `authorization` credentials.
    """
    counted: Metrics = request.app.state.metrics
    return Response(await counted.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)
