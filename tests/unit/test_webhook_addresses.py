"""Where notices may be sent: plain addresses over HTTP, without names and passwords in them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from api.routes.webhooks import WebhookIn

SECRET = "J3xg8pQm0aYw2uBf"


@pytest.mark.parametrize("url", ["https://billing.example/teplo", "http://10.0.0.5:8080/in?from=teplo"])
def test_plain_addresses_are_taken(url: str) -> None:
    assert WebhookIn(url=url, secret=SECRET).url == url


@pytest.mark.parametrize(
    "url",
    [
        "https://user:word@billing.example/",
        "https://user@billing.example/",
        "https://billing.example@evil.example/",
        "ftp://billing.example/",
        "file:///etc/passwd",
        "gopher://billing.example/",
        "javascript:alert(1)",
        "https://billing.example/a b",
        "https://billing.example/\n",
        "https://",
        "billing.example",
    ],
)
def test_anything_else_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        WebhookIn(url=url, secret=SECRET)
