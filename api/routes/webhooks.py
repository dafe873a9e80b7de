"""Webhooks: addresses that are told when a billing run or correction is ready, and what became of it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from api.cursors import CursorText, after_id, decode_id
from api.errors import NotFound
from api.keys import Scope, allowed
from api.limits import PageSize
from api.routes.billing_runs import existing_run
from api.schemas import Identifier, Page, Timestamp
from api.services import ServicesNeeded
from storage.keys import ApiKey
from storage.webhooks import NoticeState

router = APIRouter(tags=["webhooks"])
_reading = [Depends(allowed(Scope.BILLING_READ))]
_Administrator = Annotated[ApiKey, Depends(allowed(Scope.WEBHOOKS_WRITE))]
_writing = [Depends(allowed(Scope.WEBHOOKS_WRITE))]


class WebhookIn(BaseModel, extra="forbid"):
    """Where to send notices, and the secret that signs them (HMAC-SHA256), which only the two sides know."""

    url: Annotated[
        str,
        Field(
            max_length=1000,
            pattern=r"^https?://[A-Za-z0-9.\-]{1,253}(:[0-9]{1,5})?(/[\x21-\x22\x24-\x7e]*)?$",
            examples=["https://billing.example/teplo"],
        ),
    ]
    secret: Annotated[
        str,
        Field(
            min_length=16,
            max_length=200,
            pattern=r"^[\x21-\x7e]+$",
            examples=["J3xg8pQm0aYw2uBf"],
        ),
    ]


class WebhookOut(BaseModel):
    """A webhook without its secret. `given_up`: how many notices nobody took there."""

    id: int = Field(examples=[1])
    url: str = Field(examples=["https://billing.example/teplo"])
    created_by: str = Field(examples=["operator"])
    created_at: Timestamp
    disabled_at: Timestamp | None
    given_up: int = Field(examples=[0])


class WebhookRegistered(BaseModel):
    """The webhook is told of whatever becomes ready from now on."""

    id: int = Field(examples=[1])


class NoticeOut(BaseModel):
    """A notice of a run; `webhook_id` null: over MQTT. `message` says why the last attempt failed."""

    id: UUID = Field(examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    webhook_id: int | None = Field(examples=[1])
    state: NoticeState = Field(examples=[NoticeState.DELIVERED])
    attempts: int = Field(examples=[1])
    next_at: Timestamp
    delivered_at: Timestamp | None
    message: str = Field(examples=[""])


@router.post("/webhooks", status_code=201)
async def register_webhook(
    services: ServicesNeeded, key: _Administrator, asked: WebhookIn
) -> WebhookRegistered:
    """Sends a notice to this address whenever a run or correction is ready. 409 when it is known already."""
    number = await services.webhooks.register(asked.url, asked.secret, key.id, key.name, services.now())
    return WebhookRegistered(id=number)


@router.get("/webhooks", dependencies=_writing)
async def list_webhooks(
    services: ServicesNeeded, cursor: CursorText = None, limit: PageSize = 100
) -> Page[WebhookOut]:
    """All webhooks, the disabled ones too."""
    found = await services.webhooks.list(decode_id(cursor), limit)
    items = [WebhookOut.model_validate(one, from_attributes=True) for one in found]
    return Page(items=items, next_cursor=after_id(items, limit))


@router.delete("/webhooks/{webhook_id}", status_code=204, dependencies=_writing)
async def disable_webhook(services: ServicesNeeded, webhook_id: Identifier) -> None:
    """Nothing is sent there any more; what was sent stays on record."""
    if not await services.webhooks.disable(webhook_id, services.now()):
        raise NotFound(f"There is no webhook {webhook_id}.")


@router.get("/billing-runs/{number}/notices", dependencies=_reading)
async def list_notices(services: ServicesNeeded, number: Identifier) -> Page[NoticeOut]:
    """Who was to be told of a run, and what became of it."""
    await existing_run(services, number)
    found = await services.webhooks.notices(number)
    items = [NoticeOut.model_validate(one, from_attributes=True) for one in found]
    return Page(items=items, next_cursor=None)
