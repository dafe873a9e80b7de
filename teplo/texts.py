"""Texts for people in their language: English in the code, Russian and Kazakh in gettext catalogues.

The catalogues are read as their translators write them (.po), so nothing has to be compiled before a start.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Callable
from functools import lru_cache
from importlib import resources
from typing import Final

from metering.errors import ConfigurationError

Translate = Callable[[str], str]

SOURCE: Final = "en"
LANGUAGES: Final = (SOURCE, "ru", "kk")


def mark(text: str) -> str:
    """This text is shown to people: it belongs in every catalogue, and is translated where it is shown."""
    return text


def translator(language: str) -> Translate:
    """What turns a source text into this language; ConfigurationError when there is no such catalogue."""
    if language == SOURCE:
        return mark
    if language not in LANGUAGES:
        known = ", ".join(LANGUAGES)
        raise ConfigurationError(f"No texts in {language!r}; set TEPLO_LANGUAGE to one of {known}.")
    return _catalogue(language).gettext


@lru_cache(maxsize=len(LANGUAGES))
def _catalogue(language: str) -> gettext.GNUTranslations:
    from babel.messages import mofile, pofile  # slow to import, and English needs none of it

    source = resources.files("teplo") / "locale" / language / "LC_MESSAGES" / "teplo.po"
    compiled = io.BytesIO()
    with source.open("rb") as file:
        mofile.write_mo(compiled, pofile.read_po(file, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
