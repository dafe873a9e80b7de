"""The canonical text of a billing line, its hash (SHA-256: FIPS 180-4), totals and differences."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest

from metering.billing_changes import SENTENCES, Change
from metering.billing_content import ContentHash, canonical, freeze, plain, thawed, without_origins
from metering.billing_differences import described, differences
from metering.billing_lines import BillingLine, Status
from metering.billing_totals import Totals, grouped
from metering.calendar import BillingPeriod
from metering.reasons import Because, reason
from tests.support.billing_lines import PERIOD, line


def test_equal_numbers_and_instants_have_one_text() -> None:
    almaty = timezone(timedelta(hours=5))
    moved = BillingPeriod(PERIOD.start.astimezone(almaty), PERIOD.end.astimezone(almaty))
    assert freeze(line(value="12.500", period=moved)).content == freeze(line(value="12.5")).content


def test_what_is_not_zero_is_not_absent() -> None:
    assert freeze(line(value="0")).content != freeze(line(value=None)).content


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1E+3"), '"1000"'),
        (Decimal("-0.0"), '"0"'),
        (Decimal("0.10"), '"0.1"'),
        (datetime(2026, 1, 1, tzinfo=UTC), '"2026-01-01T00:00:00Z"'),
        (datetime(2026, 1, 1), '"2026-01-01T00:00:00"'),
        (timedelta(hours=1), '"3600"'),
        (frozenset({"b", "a"}), '["a","b"]'),
        ({"б": None, "a": True}, '{"a":true,"б":null}'),
    ],
    ids=lambda value: str(value) if not isinstance(value, frozenset) else "set",
)
def test_canonical_text(value: object, text: str) -> None:
    assert canonical(plain(value)) == text


def test_polls_and_frames_are_kept_but_are_not_content() -> None:
    register = {"at": 1, "poll_id": UUID(int=1), "frame": 2}
    assert plain(register) == {"at": 1, "poll_id": "00000000-0000-0000-0000-000000000001", "frame": 2}
    assert without_origins(plain({"sources": [register]})) == {"sources": [{"at": 1}]}


def test_that_a_period_comes_to_its_end_changes_no_bill() -> None:
    gap = reason(Because.NO_METER, start="a", end="b")
    early, late = freeze(line(reasons=(reason(Because.NOT_OVER), gap))), freeze(line(reasons=(gap,)))
    assert (early.content, differences([early], [late])) == (late.content, [])
    assert early.contents["reasons"] != late.contents["reasons"]
    moved = freeze(line(reasons=(gap,), contract="K-2"))
    assert [one.because for one in differences([early], [moved])] == [(Change.PARTICULARS,)]


def test_what_was_frozen_is_the_same_when_it_is_taken_out() -> None:
    frozen = freeze(line(reasons=(reason(Because.NO_METER, start="a", end="b"),)))
    assert thawed(frozen.contents) == frozen


def test_the_hash_is_sha_256_of_the_lines_with_line_feeds() -> None:
    digest = ContentHash()
    digest.add(["a", "б"])
    assert digest.digest() == hashlib.sha256("a\nб\n".encode()).digest()


def test_totals_per_centre_district_and_status_add_up_to_the_grand_ones() -> None:
    lines = [
        line(1, "10"),
        line(2, "5.5", estimated="0.5", status=Status.ESTIMATED),
        line(3, None, district="Бостандык"),
        line(4, "7", status=Status.NOT_ADMISSIBLE, billable=False, service_centre="Астана", district="Есиль"),
    ]
    totals = Totals()
    totals.add(map(freeze, lines[:2]))
    totals.add(map(freeze, lines[2:]))
    (grand,) = grouped(totals.rows)
    assert (grand.sums.lines, grand.sums.billable) == (4, 2)
    assert (grand.sums.value, grand.sums.measured, grand.sums.estimated, grand.sums.billed) == (
        Decimal("22.5"),
        Decimal(22),
        Decimal("0.5"),
        Decimal("15.5"),
    )
    shown = totals.described()
    assert shown["total"][0]["value"] == "22.5"
    assert [row["service_centre"] for row in shown["by_service_centre"]] == ["Алматы қаласы", "Астана"]
    assert len(shown["by_district_and_status"]) == 4


def _changed(**particulars: object) -> Callable[[BillingLine], BillingLine]:
    return lambda before: replace(before, **particulars)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (_changed(period=BillingPeriod(PERIOD.start, PERIOD.end + timedelta(hours=1))), Change.PERIOD),
        (_changed(status=Status.NOT_ADMISSIBLE, billable=False), Change.ADMISSION),
        (_changed(factor_set="kyivenergo"), Change.CONVERSION),
        (_changed(estimated=Decimal(1), measured=Decimal("11.5")), Change.ESTIMATE),
        (_changed(reasons=(reason(Because.NO_METER, start="a", end="b"),)), Change.RULE),
        (_changed(contract="7-113"), Change.PARTICULARS),
    ],
    ids=lambda one: str(one) if isinstance(one, Change) else "",
)
def test_why_a_line_changed(change: Callable[[BillingLine], BillingLine], word: Change) -> None:
    (found,) = differences([freeze(line())], [freeze(change(line()))])
    assert found.because == (word,)


def test_differences_are_signed_and_lines_that_say_the_same_are_left_out() -> None:
    before = [freeze(line(1, "10")), freeze(line(2, "5")), freeze(line(3, "1"))]
    after = [freeze(line(1, "10.0")), freeze(line(2, "4.25")), freeze(line(4, "2"))]
    found = differences(before, after)
    assert [(one.line.usage_point_id, one.value, one.because) for one in found] == [
        (2, Decimal("-0.75"), (Change.RULE,)),
        (3, Decimal(-1), (Change.GONE,)),
        (4, Decimal(2), (Change.ADDED,)),
    ]
    assert described(found[1])["after"] is None


def test_a_line_that_may_not_be_billed_any_more_is_taken_off_the_bill_whole() -> None:
    refused = line(value="10", status=Status.NOT_ADMISSIBLE, billable=False)
    (found,) = differences([freeze(line(value="10"))], [freeze(refused)])
    assert (found.value, found.billed) == (Decimal(0), Decimal(-10))


def test_every_change_has_its_sentence() -> None:
    assert set(SENTENCES) == set(Change)
