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

from metering.errors import ReadingConflict, StorageUnavailable, TeploError, TooManyRequests

_LOG: Final = logging.getLogger("teplo.api")

MEDIA_TYPE: Final = "application/problem+json"
MOST_FAULTS: Final = 100
"""So many are told of one request; the rest is counted."""
LONGEST_LOCATION: Final = 200


class Refusal(TeploError):
    """The API does not do what was asked."""


class NoKey(Refusal):
    """The request carries no valid API key."""


class MissingScope(Refusal):
    """The API key does not have the scope that this needs."""


class OutOfSight(Refusal):
    """The API key does not see all that the answer would be about."""


class NotFound(Refusal):
    """There is nothing with this id."""


class InvalidRequest(Refusal):
    """The request is not understood as it is written."""


class Conflict(Refusal):
    """What is asked for does not go together with what is going on."""


class TooFast(Refusal):
    """The key asks more often than it may. `wait`: seconds until the next request is answered."""

    def __init__(self, message: str = "", wait: int = 1) -> None:
        super().__init__(message)
        self.wait = wait


class BodyTooLarge(Refusal):
    """The body of the request is larger than anything this API reads."""


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


class Kind(NamedTuple):
    """How one class of errors is answered; `said` stands for a message that is not for the caller."""

    status: HTTPStatus
    next_step: str
    said: str = ""
    headers: Mapping[str, str] = {}

    def problem(self, error: TeploError, path: str, faults: list[Fault] | None = None) -> Problem:
        """The document for an error of this kind at this path."""
        return _problem(self.status, path, self.said or str(error), self.next_step, faults or [])


KINDS: Final[Mapping[type[TeploError], Kind]] = {
    TeploError: Kind(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Tell the operator the time of this request: the log holds the cause.",
        said="Teplo could not do what was asked; the fault is on our side.",
    ),
    StorageUnavailable: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Ask again after the time in Retry-After; /health/ready tells when the database is back.",
        said="The database is away or not set up; the log says which.",
        headers={"Retry-After": "5"},
    ),
    ReadingConflict: Kind(HTTPStatus.CONFLICT, "Read the present state and decide anew."),
    TooManyRequests: Kind(HTTPStatus.CONFLICT, "Wait until some have ended, or cancel what nobody needs."),
    Conflict: Kind(HTTPStatus.CONFLICT, "Wait until what is going on has ended, then ask again."),
    NoKey: Kind(
        HTTPStatus.UNAUTHORIZED,
        "Send the header `Authorization: Bearer <key>` with a key from the operator.",
        headers={"WWW-Authenticate": 'Bearer realm="teplo"'},
    ),
    MissingScope: Kind(HTTPStatus.FORBIDDEN, "Ask the operator for a key with the scope named here."),
    OutOfSight: Kind(
        HTTPStatus.FORBIDDEN, "Ask about what the key sees, or the operator for a key that sees more."
    ),
    NotFound: Kind(HTTPStatus.NOT_FOUND, "List the collection to see which ids there are."),
    InvalidRequest: Kind(
        HTTPStatus.UNPROCESSABLE_ENTITY, "Mend what `detail` names; /docs describes every parameter."
    ),
    TooFast: Kind(
        HTTPStatus.TOO_MANY_REQUESTS,
        "Wait as long as Retry-After says; ask for larger pages rather than often.",
    ),
    BodyTooLarge: Kind(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Send no more than the operation describes."),
}

_NEXT_STEPS: Final[Mapping[int, str]] = {
    404: "See /docs for the addresses there are.",
    413: "Send no more than the operation describes.",
    405: "See the Allow header and /docs for the methods of this address.",
}


class ProblemResponse(JSONResponse):
    """A problem document with its own media type."""

    media_type = MEDIA_TYPE


def install(app: FastAPI) -> None:
    """Answer every error of this application with a problem document."""
    app.add_exception_handler(TeploError, _on_teplo_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(Exception, _on_unexpected)


def answer(path: str, error: TeploError, faults: list[Fault] | None = None) -> ProblemResponse:
    """The answer to an error of our tree; the nearest class in KINDS decides."""
    kind = next(KINDS[cls] for cls in type(error).__mro__ if cls in KINDS)
    own = {"Retry-After": str(error.wait)} if isinstance(error, TooFast) else {}
    return _response(kind.problem(error, path, faults), {**kind.headers, **own})


def _problem(status: HTTPStatus, path: str, detail: str, next_step: str, faults: list[Fault]) -> Problem:
    return Problem(
        type=f"urn:teplo:problem:{status.phrase.lower().replace(' ', '-')}",
        title=status.phrase,
        status=status.value,
        detail=detail,
        instance=path,
        next_step=next_step,
        errors=faults,
    )


def _response(problem: Problem, headers: Mapping[str, str] | None) -> ProblemResponse:
    return ProblemResponse(problem.model_dump(), problem.status, headers=dict(headers or {}))


async def _on_teplo_error(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, TeploError)
    if not isinstance(error, Refusal):
        _LOG.error("%s %s failed: %s", request.method, request.url.path, error)
    return answer(request.url.path, error)


async def _on_validation_error(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    faults = [_fault(entry) for entry in found[:MOST_FAULTS]]
    told = [f"{fault.location}: {fault.message}" for fault in faults]
    untold = [f"and {len(found) - MOST_FAULTS} more"] if len(found) > MOST_FAULTS else []
    return answer(request.url.path, InvalidRequest("; ".join([*told, *untold])), faults)


_NOT_AN_OBJECT: Final = "a JSON object is wanted, with the header Content-Type: application/json"


def _fault(entry: Mapping[str, Any]) -> Fault:
    message = _NOT_AN_OBJECT if entry["loc"] == ("body",) else str(entry["msg"]).removeprefix("Value error, ")
    location = ".".join(str(part) for part in entry["loc"])
    return Fault(location=location[:LONGEST_LOCATION], message=message)


async def _on_http_exception(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    if status is HTTPStatus.BAD_REQUEST:
        return answer(request.url.path, InvalidRequest("The body is not JSON in UTF-8."))
    next_step = _NEXT_STEPS.get(status, "See /docs.")
    detail = status.description or error.detail
    return _response(_problem(status, request.url.path, detail, next_step, []), error.headers)


async def _on_unexpected(request: Request, error: Exception) -> ProblemResponse:
    _LOG.error("%s %s failed unexpectedly", request.method, request.url.path, exc_info=error)
    return answer(request.url.path, TeploError())
