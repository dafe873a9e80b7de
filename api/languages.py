"""Texts of an answer in the language that was asked for."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Query, Request

from metering.outcomes import Translate


class Language(StrEnum):
    """The languages in which there are texts for people."""

    ENGLISH = "en"
    RUSSIAN = "ru"
    KAZAKH = "kk"


Translators = Callable[[str], Translate]
"""By language, what translates a source text; the composition root has the catalogues."""


def source_texts(language: str) -> Translate:
    """Every text as it stands in the code, in English."""
    return str


def _translate(
    request: Request,
    language: Annotated[Language, Query(description="Of the texts for people.")] = Language.ENGLISH,
) -> Translate:
    translators: Translators = request.app.state.translators
    return translators(language.value)


Translated = Annotated[Translate, Depends(_translate)]
"""What translates into the language of the query."""
