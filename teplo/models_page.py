"""The page of all models for docs/reference: written by `teplo models --markdown`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from protocols import catalogue
from protocols.driver import Choice, DriverInfo, Verification

WORDS: dict[Verification, str] = {
    Verification.WIRE_LOG: "bytes of a real meter",
    Verification.MAKER_DOCUMENT: "the maker's document",
    Verification.SECOND_IMPLEMENTATION: "a second implementation",
    Verification.NOT_ON_HARDWARE: "**not verified on hardware**",
}

HEAD = """# Models

Every model that can be polled. This page is written by `teplo models --markdown`; a test compares it.

*Verified by* says what our description was checked against: bytes of a real meter, the maker's document, or a
second implementation by somebody else. *Not verified on hardware* means that only frames made from the
description exist: read the first meter of such a model beside its display. A note that begins with
UNCONFIRMED is a fact that no second source supports.

Archives are given with their depths in records. `total` holds register levels at the start of a day or month,
the others hold amounts and means.
"""


def page() -> str:
    """The whole page, protocol by protocol."""
    infos = sorted(catalogue.models(), key=lambda info: (info.protocol, info.model))
    parts = [HEAD]
    for protocol, models in groupby(infos, key=lambda info: info.protocol):
        family = catalogue.families()[protocol]
        parts.append(f"## {family.title} (`{protocol}`)\n")
        parts.extend("\n".join(_model(info)) for info in models)
    return "\n".join(parts)


def _model(info: DriverInfo) -> Iterator[str]:
    yield f"### {info.model}\n"
    yield f"{info.maker} {info.title}\n"
    yield from _table(_facts(info))
    yield ""
    for choice in info.choices:
        yield _choice(info, choice)
    for note in info.notes:
        yield f"- {note}"
    if info.choices or info.notes:
        yield ""


def _choice(info: DriverInfo, choice: Choice) -> str:
    usual, *others = (f"`{word}`" for word in choice.words)
    said = f"{usual} unless the line's URL says {' or '.join(others)}"
    return f"- `{info.protocol}.{choice.name}`: {said}. {choice.why}"


def _facts(info: DriverInfo) -> Iterator[tuple[str, str]]:
    yield "verified by", WORDS[info.verification]
    yield "manual", info.manual
    yield "archives", archives(info) or "none: current values and totals only"
    yield "line", f"{info.line.baud} baud, 8{info.line.parity}{info.line.stop}"
    if info.polls_per_day:
        yield "battery allows", f"{info.polls_per_day} polls in 24 hours"
    if info.sets_clock:
        yield "clock", "can be set, see [set a clock](../how-to/set-a-clock.md)"


def archives(info: DriverInfo) -> str:
    """The archives with their depths, in one line."""
    return ", ".join(f"{kind.value} {depth}" for kind, depth in info.depths.items() if depth)


def _table(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"
    for name, told in rows:
        escaped = told.replace("|", "\\|")
        yield f"| {name} | {escaped} |"
