"""The form of an act of admission, withdrawal or inspection, to be signed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from metering.act_codec import contents_json
from metering.acts import ActKind, Contents
from metering.outcomes import Translate
from reports.act_words import FIELDS, KINDS
from reports.component_names import COMPONENT_NAMES
from reports.sheet import Cell, Column, Field, Format, Group, Row, Section, Sheet, Signature, Table


def act_form(
    number: str,
    kind: ActKind,
    at: datetime,
    contents: Contents,
    made_at: datetime,
    language: str,
    translate: Translate,
) -> Sheet:
    """`at`: by the clocks of the place. What nobody told is a line to write on."""
    return Sheet(
        title=translate("Act {number}").format(number=number),
        language=language,
        made_at=made_at,
        subtitle=translate(KINDS[kind]),
        fields=(Field(translate("from"), Cell(at), format=Format.MOMENT),),
        sections=(
            Section(fields=tuple(_fields(contents_json(contents), translate))),
            _components(contents, translate),
            Section(paragraphs=contents.objections),
        ),
        signatures=tuple(Signature(one) for one in contents.representatives),
        page=translate("Page {page} of {pages}"),
        made=translate("Drawn up on {at} UTC"),
    )


def _fields(form: Mapping[str, Any], translate: Translate) -> Iterator[Field]:
    for part, field, label in FIELDS:
        if part and form.get(part) is None:
            continue
        value = (form[part] if part else form).get(field)
        yield Field(translate(label), Cell(None if value in (None, "") else str(value)))


def _components(contents: Contents, translate: Translate) -> Section:
    columns = (
        Column(translate("component"), width=24),
        Column(translate("type"), width=20),
        Column(translate("serial number"), width=16),
        Column(translate("seal"), width=12),
        Column(translate("verified"), format=Format.DATE, width=12),
        Column(translate("valid through"), format=Format.DATE, width=12),
    )
    rows = tuple(
        Row(
            (
                Cell(translate(COMPONENT_NAMES[one.kind])),
                Cell(one.type),
                Cell(one.serial),
                Cell(one.seal or None),
                Cell(one.verified_on),
                Cell(one.verification_due),
            )
        )
        for one in contents.components
    )
    return Section(table=Table(columns, (Group(rows),))) if rows else Section()
