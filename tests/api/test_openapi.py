"""The OpenAPI document: an example for every answer, each true to its schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI
from jsonschema_rs import Draft4Validator

from api.app import create_app
from storage.pool import Database

MEDIA_TYPES = {
    "application/json",
    "application/pdf",
    "application/problem+json",
    "application/vnd.apache.parquet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/x-ndjson",
    "text/csv",
    "text/html",
    "text/plain",
}
DOCUMENT: dict[str, Any] = create_app(
    Database("postgresql:///never-asked"), now=lambda: datetime(2026, 1, 1, tzinfo=UTC)
).openapi()


def answers() -> Iterator[Any]:
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            for status, answer in operation["responses"].items():
                if status == "204":
                    continue
                yield pytest.param(answer, id=f"{method} {path} {status}")


def in_json_schema(part: Any) -> Any:
    """OpenAPI 3.0 keeps JSON Schema of draft 4 with `nullable`; references stay within the document."""
    if isinstance(part, list):
        return [in_json_schema(item) for item in part]
    if not isinstance(part, dict):
        return part
    plain = {name: in_json_schema(value) for name, value in part.items()}
    if plain.pop("nullable", False):
        return {"anyOf": [plain, {"type": "null"}]}
    return plain


@pytest.mark.parametrize("answer", list(answers()))
def test_every_answer_has_an_example_that_fits_its_schema(answer: dict[str, Any]) -> None:
    ((media_type, content),) = answer["content"].items()
    assert media_type in MEDIA_TYPES
    schema = in_json_schema(content["schema"] | {"components": DOCUMENT["components"]})
    Draft4Validator(schema).validate(content["example"])


def test_nothing_of_the_newer_version_is_left() -> None:
    assert DOCUMENT["openapi"] == "3.0.3"
    text = json.dumps(DOCUMENT)
    assert not [
        word for word in ('"examples"', '"const"', '"null"', '"$defs"', "ValidationError") if word in text
    ]


def test_every_error_is_described_as_a_problem() -> None:
    for item in DOCUMENT["paths"].values():
        for operation in item.values():
            assert {"500", "503"} <= operation["responses"].keys()
            if "security" in operation:
                assert {"401", "403"} <= operation["responses"].keys()


async def test_the_document_is_published(app: FastAPI) -> None:
    assert [route.path for route in app.routes if getattr(route, "path", "") == "/openapi.json"]
