"""The tree of errors is the one drawn in the architecture, and each class can speak for itself."""

from __future__ import annotations

import pytest

from metering import errors
from metering.errors import LineLost, NoResponse, TeploError, only_ours

TREE = {
    "ConfigurationError": {"UnknownModel", "ProfileError", "UnitError"},
    "LineError": {"LineUnavailable", "GatewayWedged", "LineBusy", "LineLost"},
    "ExchangeError": {"NoResponse", "FrameError"},
    "MeterError": {"NotSupported", "MeterBusy", "AccessDenied", "ConfigurationChanged", "WrongMeter"},
    "DecodeError": set(),
    "CalledOff": set(),
    "StorageError": {"StorageUnavailable", "ReadingConflict", "TooManyRequests"},
}
CLASSES = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, TeploError)]


def test_the_tree_has_these_branches() -> None:
    """Of this module alone: the API's own refusals hang on the same root."""
    branches = [kind for kind in CLASSES if TeploError in kind.__bases__]
    assert {
        branch.__name__: {kind.__name__ for kind in CLASSES if branch in kind.__bases__}
        for branch in branches
    } == TREE


@pytest.mark.parametrize("kind", CLASSES)
def test_the_docstring_is_the_default_message(kind: type[TeploError]) -> None:
    assert str(kind()) == kind.default_message()
    assert kind.default_message().endswith(".")
    assert str(kind("The meter 7 is silent.")) == "The meter 7 is silent."


def test_a_group_of_our_errors_is_told_by_its_first() -> None:
    inner = ExceptionGroup("inner", [LineLost("cut"), NoResponse()])
    error = only_ours(ExceptionGroup("outer", [inner]))
    assert isinstance(error, LineLost)
    assert str(error) == "cut"


def test_a_group_with_a_foreign_error_is_not_ours() -> None:
    assert only_ours(ExceptionGroup("mixed", [LineLost(), ZeroDivisionError()])) is None
