"""Settings that people type as NAME=VALUE, and the layers in which they lie over one another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from rich import box
from rich.table import Table

from metering.errors import ConfigurationError
from metering.written_settings import SettingValue
from teplo.texts import Translate, mark

Layer = tuple[str, Mapping[str, SettingValue]]
"""Whose settings they are, and the settings by name."""

USUAL: Final = mark("usual")
EVERYBODYS: Final = mark("everybody")


def assignments(written: Iterable[str], example: str) -> dict[str, str]:
    """By name, what each NAME=VALUE gives it; `example` is shown where one is none."""
    return dict(_assignment(one, example) for one in written)


def _assignment(written: str, example: str) -> tuple[str, str]:
    name, equals, value = written.partition("=")
    if not equals:
        raise ConfigurationError(f"{written!r} is not a setting; write it like {example}.")
    return name.strip(), value.strip()


def layers_table(layers: Iterable[Layer], heading: str, _: Translate, title: str | None = None) -> Table:
    """Each setting with the value of the last layer that has it, and whose that is."""
    nearest = {name: (value, whose) for whose, settings in layers for name, value in settings.items()}
    table = Table(
        *(heading, _("value"), _("whose")),
        title=title,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    words = {USUAL: _(USUAL), EVERYBODYS: _(EVERYBODYS)}
    for name, (value, whose) in nearest.items():
        table.add_row(name, str(value), words.get(whose, whose))
    return table
