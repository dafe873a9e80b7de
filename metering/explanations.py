"""What the words of the domain mean to the person who reads them, with likely cause and next step.

Every text here is a source text of the catalogues; show it through a translator.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from metering.billing_lines import Status
from metering.calendar import ArchiveKind
from metering.conditions import ConditionName
from metering.evidence import RegisterSource
from metering.levels import Step
from metering.outcomes import Explanation
from metering.polls import Finding
from metering.readings import Absence, Flag, GapReason
from metering.reported import ReportSource
from metering.signals import Registration
from metering.surveys import Verdict

FLAGS: Final[Mapping[Flag, str]] = {
    Flag.ABSENT: "the meter sent no number",
    Flag.CLOCK_DRIFT: "the meter's clock is wrong",
    Flag.FUTURE: "stamped in the future",
    Flag.NEGATIVE: "negative register",
    Flag.IMPLAUSIBLE: "physically impossible",
    Flag.WENT_BACK: "register went back",
}

ABSENCES: Final[Mapping[Absence, str]] = {
    Absence.INVALID_MARK: "the meter marks the value as missing",
    Absence.ERROR_STATE: "the meter was in an error state",
    Absence.NOT_BCD: "not a decimal number",
    Absence.RECORD_ERROR: "the meter reports an error of this record",
    Absence.NO_DATA: "a record without data",
    Absence.NOT_DECODED: "a data type private to the maker",
}

CONDITIONS: Final[Mapping[ConditionName, str]] = {
    ConditionName.POWER_FAILURE: "power failure",
    ConditionName.BATTERY_LOW: "battery low",
    ConditionName.NO_FLOW: "no flow",
    ConditionName.FLOW_BELOW_MINIMUM: "flow below the minimum",
    ConditionName.FLOW_ABOVE_MAXIMUM: "flow above the maximum",
    ConditionName.REVERSE_FLOW: "reverse flow",
    ConditionName.EMPTY_PIPE: "empty pipe",
    ConditionName.AIR_IN_PIPE: "air in the pipe",
    ConditionName.SENSOR_BREAK: "sensor broken",
    ConditionName.SENSOR_SHORT: "sensor short-circuited",
    ConditionName.SENSOR_FAULT: "sensor fault",
    ConditionName.SENSORS_SWAPPED: "supply and return sensors swapped",
    ConditionName.TEMPERATURE_OUT_OF_RANGE: "temperature out of range",
    ConditionName.TEMPERATURE_DIFFERENCE_BELOW_LIMIT: "temperature difference below the limit",
    ConditionName.TEMPERATURE_DIFFERENCE_ABOVE_LIMIT: "temperature difference above the limit",
    ConditionName.PRESSURE_OUT_OF_RANGE: "pressure out of range",
    ConditionName.NEGATIVE_HEAT: "negative heat",
    ConditionName.MASS_IMBALANCE: "more water returns than was supplied",
    ConditionName.LEAKAGE: "leakage",
    ConditionName.BURST: "pipe burst",
    ConditionName.LIMIT_EXCEEDED: "a limit set in the meter is exceeded",
    ConditionName.CONTRACT_VALUE_USED: "the meter counts by an agreed value",
    ConditionName.NOT_COUNTING: "heat is not counted",
    ConditionName.OUTPUT_FAULT: "output fault",
    ConditionName.CLOCK_FAULT: "clock fault",
    ConditionName.CLOCK_SET: "the clock was set",
    ConditionName.MEMORY_FAULT: "memory fault",
    ConditionName.HARDWARE_FAULT: "hardware fault",
    ConditionName.SETTINGS_CHANGED: "the meter's settings were changed",
    ConditionName.TAMPERING: "tampering",
    ConditionName.COMMUNICATION_FAULT: "fault between the meter's parts",
    ConditionName.SERVICE_DUE: "service is due",
    ConditionName.UNKNOWN: "reported by the meter, not explained by its maker",
}

GAP_REASONS: Final[Mapping[GapReason, str]] = {
    GapReason.NO_RECORD: "the meter has no record",
    GapReason.NOT_YET_CLOSED: "not yet closed",
    GapReason.OUT_OF_DEPTH: "older than the meter's archive",
    GapReason.UNREADABLE: "the record in the meter is damaged",
}

FINDINGS: Final[Mapping[Finding, str]] = {
    Finding.ECHO: "the converter sends our own bytes back",
    Finding.NOISE: "stray bytes on the line: check shield, grounding and baud rate",
    Finding.FOREIGN_ANSWER: "another meter's answer was heard: check for equal addresses",
    Finding.LATE_ANSWER: "an answer came too late: give this line a longer time-out",
    Finding.SECOND_ANSWER: "two meters answer at one address",
}

STATUSES: Final[Mapping[Status, str]] = {
    Status.MEASURED: "measured",
    Status.CALCULATED: "calculated from hour or day records",
    Status.SUBSTITUTED: "substituted between two registers",
    Status.REPORTED: "reported by people",
    Status.ESTIMATED: "estimated",
    Status.NOT_ADMISSIBLE: "not admissible for billing",
    Status.ABSENT: "no value",
}

STEPS: Final[Mapping[Step, str]] = {
    Step.ACT: "told when the meter was installed or removed",
    Step.REGISTER: "the meter's register at the boundary",
    Step.RECORDS: "a register nearby and the meter's records up to the boundary",
    Step.NEARBY: "the last register before the boundary",
    Step.REPORTED: "a reading that people reported",
    Step.INTERPOLATED: "between two registers around the boundary",
    Step.ESTIMATED: "estimated after the last register",
}

REGISTER_SOURCES: Final[Mapping[RegisterSource, str]] = {
    RegisterSource.TOTAL: "total",
    RegisterSource.SNAPSHOT: "current value",
    RegisterSource.BOUNDARY: "replacement",
}

RECORDS: Final[Mapping[ArchiveKind, str]] = {
    ArchiveKind.HOUR: "hour record",
    ArchiveKind.DAY: "day record",
    ArchiveKind.MONTH: "month record",
    ArchiveKind.TOTAL: "total",
}

REPORT_SOURCES: Final[Mapping[ReportSource, str]] = {
    ReportSource.WHATSAPP: "by WhatsApp",
    ReportSource.WEB_ACCOUNT: "web account",
    ReportSource.MOBILE_APP: "mobile app",
    ReportSource.ANSWERING_MACHINE: "answering machine",
    ReportSource.SMS: "by SMS",
    ReportSource.E_MAIL: "e-mail",
    ReportSource.CALL_CENTRE: "call centre",
    ReportSource.SERVICE_DESK: "service desk",
    ReportSource.PAPER: "paper",
    ReportSource.SITE_VISIT: "visit on site",
}

VERDICTS: Final[Mapping[Verdict, Explanation]] = {
    Verdict.ADEQUATE: Explanation("Adequate: a modem may be installed here."),
    Verdict.MARGINAL: Explanation(
        "Marginal: a modem would work with failures.",
        "The signal is weak, or it is not stable.",
        "Try another place for the antenna, an outdoor antenna or another operator; then survey again.",
    ),
    Verdict.INADEQUATE: Explanation(
        "Inadequate: no modem is to be installed here.",
        "The signal is too weak, or the network is lost too often.",
        "Try an outdoor antenna or another operator; else the meter is read without a modem.",
    ),
    Verdict.UNDECIDED: Explanation(
        "Undecided: the samples do not allow a verdict.",
        "There were too few samples, or the modem did not answer.",
        "Check the modem and its SIM, then survey again with more samples.",
    ),
}

REGISTRATIONS: Final[Mapping[Registration, str]] = {
    Registration.HOME: "home",
    Registration.ROAMING: "roaming",
    Registration.SEARCHING: "searching",
    Registration.DENIED: "denied",
    Registration.NOT_REGISTERED: "not registered",
    Registration.EMERGENCY_ONLY: "emergency calls only",
    Registration.SMS_ONLY: "SMS only",
    Registration.UNKNOWN: "unknown",
}
