"""Every error answer of the API: an RFC 9457 problem document, mapped here and nowhere else."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from metering.errors import ReadingConflict, StorageUnavailable, TeploError

_LOG: Final = logging.getLogger("teplo.api")

MEDIA_TYPE: Final = "application/problem+json"


class Refusal(TeploError):
    """The API does not do what was asked."""


class NoKey(Refusal):
    """The request carries no valid API key."""


class MissingScope(Refusal):
    """The API key does not have the scope that this needs."""


class NotFound(Refusal):
    """There is nothing with this id."""


class InvalidRequest(Refusal):
    """The request is not understood as it is written."""


class BodyTooLarge(Refusal):
    """The body of the request is larger than anything this API reads."""


class Kind(NamedTuple):
    """How one class of errors is answered. `exposed`: whether its message is meant for the caller."""

    status: HTTPStatus
    next_step: str
    exposed: bool = True
    headers: Mapping[str, str] = {}

    def detail(self, error: TeploError) -> str:
        """What the caller is told of this error."""
        return str(error) if self.exposed else self.status.description or self.status.phrase


KINDS: Final[Mapping[type[TeploError], Kind]] = {
    TeploError: Kind(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Tell the operator the time of this request: the log holds the cause.",
        exposed=False,
    ),
    StorageUnavailable: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Ask again after the time in Retry-After; /health/ready tells when the database is back.",
        exposed=False,
        headers={"Retry-After": "5"},
    ),
    ReadingConflict: Kind(HTTPStatus.CONFLICT, "Read the present state and decide anew."),
    NoKey: Kind(
        HTTPStatus.UNAUTHORIZED,
        "Send the header `Authorization: Bearer <key>` with a key from the operator.",
        headers={"WWW-Authenticate": 'Bearer realm="teplo"'},
    ),
    MissingScope: Kind(HTTPStatus.FORBIDDEN, "Ask the operator for a key with the scope named here."),
    NotFound: Kind(HTTPStatus.NOT_FOUND, "List the collection to see which ids there are."),
    InvalidRequest: Kind(
        HTTPStatus.UNPROCESSABLE_ENTITY, "Mend what `errors` names; /docs describes every parameter."
    ),
    BodyTooLarge: Kind(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Send no more than the operation describes."),
}

_NEXT_STEPS: Final[Mapping[int, str]] = {
    404: "See /docs for the addresses there are.",
    405: "See the Allow header and /docs for the methods of this address.",
}


class Fault(BaseModel):
    """One thing that is wrong in a request."""

    location: str = Field(examples=["query.from"])
    message: str = Field(examples=["a time needs a zone: write 2026-01-01T00:00:00+05:00"])


class Problem(BaseModel):
    """An error answer (RFC 9457)."""

    type: str = Field(examples=["urn:teplo:problem:not-found"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no usage point 17."])
    instance: str = Field(examples=["/api/v1/usage-points/17"])
    next_step: str = Field(examples=["List the collection to see which ids there are."])
    errors: list[Fault] = Field(default=[])


class ProblemResponse(JSONResponse):
    """A problem document with its own media type."""

    media_type = MEDIA_TYPE


def install(app: FastAPI) -> None:
    """Answer every error of this application with a problem document."""
    app.add_exception_handler(TeploError, _on_teplo_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(Exception, _on_unexpected)


def problem(path: str, error: TeploError, faults: list[Fault] | None = None) -> ProblemResponse:
    """The answer to an error of our tree; the nearest class in KINDS decides."""
    kind = next(KINDS[cls] for cls in type(error).__mro__ if cls in KINDS)
    return _response(kind.status, path, kind.detail(error), kind.next_step, faults or [], kind.headers)


def _response(
    status: HTTPStatus,
    path: str,
    detail: str,
    next_step: str,
    faults: list[Fault],
    headers: Mapping[str, str] | None,
) -> ProblemResponse:
    body = Problem(
        type=f"urn:teplo:problem:{status.phrase.lower().replace(' ', '-')}",
        title=status.phrase,
        status=status.value,
        detail=detail,
        instance=path,
        next_step=next_step,
        errors=faults,
    )
    return ProblemResponse(body.model_dump(), status.value, headers=dict(headers or {}))


async def _on_teplo_error(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, TeploError)
    if not isinstance(error, Refusal):
        _LOG.error("%s %s failed: %s", request.method, request.url.path, error)
    return problem(request.url.path, error)


async def _on_validation_error(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, RequestValidationError)
    faults = [_fault(entry) for entry in error.errors()]
    detail = "; ".join(f"{fault.location}: {fault.message}" for fault in faults)
    return problem(request.url.path, InvalidRequest(detail), faults)


def _fault(entry: Mapping[str, Any]) -> Fault:
    message = str(entry["msg"]).removeprefix("Value error, ")
    return Fault(location=".".join(str(part) for part in entry["loc"]), message=message)


async def _on_http_exception(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    next_step = _NEXT_STEPS.get(status, "See /docs.")
    return _response(
        status, request.url.path, status.description or error.detail, next_step, [], error.headers
    )


async def _on_unexpected(request: Request, error: Exception) -> ProblemResponse:
    _LOG.error("%s %s failed unexpectedly", request.method, request.url.path, exc_info=error)
    return problem(request.url.path, TeploError())
