"""The printed survey: what a modem in LTE tells has its columns, and a sheet without has none of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from metering.signals import RadioTechnology, SignalReport
from metering.surveys import Sample, SurveyRule, judge
from reports.sheets.signal_survey import Surveyed, signal_survey

AT = datetime(2026, 2, 1, 9, tzinfo=UTC)
PLACE = Surveyed("School 12", "", "", "A. Serikova", "", "", AT, AT + timedelta(minutes=1))
GSM = SignalReport("CSQ 14,99", Decimal(-85), technology=RadioTechnology.GSM)
LTE = SignalReport(
    "CESQ 99,99,255,255,20,51", Decimal(-90), reference_power=Decimal(-90), reference_quality=Decimal("-9.5")
)


def table(*reports: SignalReport | None) -> dict[str, list[object]]:
    """The columns of the samples, by label."""
    samples = [Sample(AT + timedelta(seconds=10 * number), one) for number, one in enumerate(reports)]
    sheet = signal_survey(PLACE, samples, judge(samples, SurveyRule()), "en", AT, lambda text: text)
    (found,) = (one.table for one in sheet.sections if one.table)
    rows = [[cell.value for cell in row.cells] for row in found.rows()]
    return {column.heading: list(values) for column, *values in zip(found.columns, *rows, strict=True)}


def test_reference_power_and_quality_stand_beside_the_level() -> None:
    columns = table(LTE, None, GSM)
    assert columns["RSRP"] == [Decimal(-90), None, None]
    assert columns["RSRQ"] == [Decimal("-9.5"), None, None]
    assert columns["As said"] == [LTE.raw, "no answer", GSM.raw]


def test_a_modem_in_gsm_has_no_empty_columns() -> None:
    assert not {"RSRP", "RSRQ"} & set(table(GSM, None))
