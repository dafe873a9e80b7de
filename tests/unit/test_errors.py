"""The tree of errors is the one drawn in the architecture, and each class can speak for itself."""

from __future__ import annotations

import pytest

from metering import errors
from metering.errors import TeploError

TREE = {
    "ConfigurationError": {"UnknownModel", "ProfileError", "UnitError"},
    "LineError": {"LineUnavailable", "LineBusy", "LineLost"},
    "ExchangeError": {"NoResponse", "FrameError"},
    "MeterError": {"NotSupported", "MeterBusy", "AccessDenied", "ConfigurationChanged", "WrongMeter"},
    "DecodeError": set(),
    "StorageError": {"StorageUnavailable", "ReadingConflict"},
}
CLASSES = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, TeploError)]


def test_the_tree_has_these_branches() -> None:
    branches = {branch.__name__: branch for branch in TeploError.__subclasses__()}
    assert {
        name: {leaf.__name__ for leaf in branch.__subclasses__()} for name, branch in branches.items()
    } == TREE


@pytest.mark.parametrize("kind", CLASSES)
def test_the_docstring_is_the_default_message(kind: type[TeploError]) -> None:
    assert str(kind()) == kind.default_message()
    assert kind.default_message().endswith(".")
    assert str(kind("The meter 7 is silent.")) == "The meter 7 is silent."
