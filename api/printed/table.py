"""Every printed report by name: a row here is two operations of the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from api.printed import acts, archives, lists, surveys
from api.printed.report import Report

REPORTS: Final[Mapping[str, Report]] = {
    "readings-entry": Report(
        "/reports/readings-entry",
        "How many buildings have readings for the month's bill, by service centre and district.",
        lists.month_asked,
        lists.readings_entry,
    ),
    "route-sheet": Report(
        "/reports/route-sheet",
        "Whom an engineer visits, with the meters there.",
        lists.route_asked,
        lists.route,
    ),
    "archive-sheet": Report(
        "/meters/{meter_id}/archive-sheet",
        "The archive of a meter over a span: hours, days or months, with totals and averages.",
        archives.archive_asked,
        archives.archive,
    ),
    "operation-sheet": Report(
        "/usage-points/{usage_point_id}/operation-sheet",
        "The continuous-operation sheet before an admission, with a verdict on each requirement.",
        acts.operation_asked,
        acts.operation,
    ),
    "act": Report("/acts/{act_id}/form", "The form of an act, to be signed.", acts.act_asked, acts.form),
    "signal-survey": Report(
        "/signal-surveys/{survey_id}/sheet",
        "A signal survey of a place: the verdict by the rule, and every sample.",
        surveys.survey_asked,
        surveys.survey,
    ),
    "verification-due": Report(
        "/reports/verification-due",
        "Components of meters whose verification ends until a day.",
        lists.due_asked,
        lists.verification_due,
    ),
}
