"""Whether a meter can have an address, before anything is stored of it."""

from __future__ import annotations

from protocols import catalogue


def check_address(model: str, address: str) -> None:
    """UnknownModel, or ConfigurationError when no meter of this model has such an address."""
    questions = catalogue.driver(model).identify(address)
    next(questions)
    questions.close()
