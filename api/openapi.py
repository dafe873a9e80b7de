"""The OpenAPI document: FastAPI's, with our problems and examples, in version 3.0.

Version 3.0 because that is what the shipped Swagger UI and most generators of billing systems read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.errors import (
    KINDS,
    MEDIA_TYPE,
    BodyTooLarge,
    Conflict,
    InvalidRequest,
    MissingScope,
    NoKey,
    NotFound,
    Problem,
    TooFast,
)
from metering.errors import StorageUnavailable, TeploError

Json = dict[str, Any]

_REFERENCE: Final = "#/components/schemas/"
_VERSION: Final = "3.0.3"
_CONTRADICTED: Final = (
    "/api/v1/billing-runs/{number}",
    "/api/v1/lines/{line_id}/poll-requests",
    "/api/v1/reports/",
)
"""Beginnings of paths where the present state may contradict a question that has no body."""


def install(app: FastAPI) -> None:
    """Let the application publish this document, made once, as /openapi.json."""

    def document() -> Json:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _document(app: FastAPI) -> Json:
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    schemas: Json = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = Problem.model_json_schema(ref_template=_REFERENCE + "{model}")
    schemas.update(problem.pop("$defs"), Problem=problem)
    for path, operation in _operations(document):
        operation["responses"].pop("422", None)
        _add_examples(operation, schemas)
        operation["responses"] |= _problems(path, operation)
    older: Json = _in_version_3_0(document)
    return older | {"openapi": _VERSION}


def _operations(document: Json) -> Iterator[tuple[str, Json]]:
    for path, item in document["paths"].items():
        for operation in item.values():
            yield path, operation


def _add_examples(operation: Json, schemas: Json) -> None:
    """Gives every JSON answer an example made of its fields' examples."""
    for response in operation["responses"].values():
        media = response.get("content", {}).get("application/json")
        if media is not None:
            media["example"] = example(media["schema"], schemas)


def example(schema: Json, schemas: Json) -> Any:
    """An example of a schema: its own one, or one made of its properties'."""
    if "examples" in schema:
        return schema["examples"][0]
    if "$ref" in schema:
        return example(schemas[schema["$ref"].removeprefix(_REFERENCE)], schemas)
    if "anyOf" in schema:
        return example(schema["anyOf"][0], schemas)
    if schema.get("type") == "array":
        return [example(schema["items"], schemas)]
    if schema.get("type") == "object":
        return {name: example(value, schemas) for name, value in schema["properties"].items()}
    raise LookupError(f"This schema has no example: {schema}")


def _problems(path: str, operation: Json) -> Json:
    classes: list[type[TeploError]] = [TeploError, StorageUnavailable, BodyTooLarge]
    if "security" in operation:
        classes += [NoKey, MissingScope, TooFast]
    if "{" in path:
        classes.append(NotFound)
    if operation.keys() & {"parameters", "requestBody"}:
        classes.append(InvalidRequest)
    if "requestBody" in operation or path.startswith(_CONTRADICTED):
        classes.append(Conflict)
    return {str(KINDS[one].status.value): _problem(path, one) for one in classes}


def _problem(path: str, error: type[TeploError]) -> Json:
    text = KINDS[error].problem(error(), path).model_dump()
    schema = {"$ref": f"{_REFERENCE}Problem"}
    return {"description": text["detail"], "content": {MEDIA_TYPE: {"schema": schema, "example": text}}}


def _in_version_3_0(part: Any) -> Any:
    """The same schema in the older dialect: `nullable` and `example` for the null type and `examples`."""
    if isinstance(part, list):
        return [_in_version_3_0(item) for item in part]
    if not isinstance(part, dict):
        return part
    older = {name: _in_version_3_0(value) for name, value in part.items()}
    if isinstance(older.get("examples"), list):
        older["example"] = older.pop("examples")[0]
    if "const" in older:
        older["enum"] = [older.pop("const")]
    if {"type": "null"} in older.get("anyOf", []):
        older |= _nullable([option for option in older.pop("anyOf") if option != {"type": "null"}])
    return older


def _nullable(options: list[Json]) -> Json:
    (option,) = options
    return {"nullable": True, "allOf": [option]} if "$ref" in option else {"nullable": True, **option}
