"""Pages for people: rendered here, whole, without anything that has to be fetched."""

from __future__ import annotations

from importlib import resources
from typing import Final

from jinja2 import Environment, FunctionLoader, StrictUndefined

from reports.sheet import Sheet


def _source(name: str) -> str:
    return resources.files("api.pages").joinpath(name).read_text(encoding="utf-8")


_PAGES: Final = Environment(loader=FunctionLoader(_source), autoescape=True, undefined=StrictUndefined)


def sheet_page(sheet: Sheet) -> str:
    """A sheet as an HTML document; every text in it is escaped."""
    return _PAGES.get_template("sheet.html").render(sheet=sheet)
