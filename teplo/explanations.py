"""What the words of the domain mean to the person who reads them, with likely cause and next step.

Every text here is a source text of the catalogues; show it through `teplo.texts.translator`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from metering.conditions import ConditionName
from metering.consumption import Quality
from metering.polls import Finding, Outcome
from metering.readings import Absence, Flag, GapReason
from metering.signals import Registration
from metering.surveys import Verdict
from teplo.texts import Translate


class Explanation(NamedTuple):
    """What happened, the likely cause and the next step; the last two are empty when nothing is wrong."""

    meaning: str
    cause: str = ""
    next_step: str = ""

    def translated(self, translate: Translate) -> Explanation:
        """The same explanation in another language."""
        return Explanation(*(translate(text) if text else "" for text in self))


OUTCOMES: Final[Mapping[Outcome, Explanation]] = {
    Outcome.OK: Explanation("Everything that was due has been read."),
    Outcome.PARTLY_READ: Explanation(
        "A part was read and stored; the rest is still due.",
        "The line was cut or the time of the poll ran out.",
        "Nothing to do: the next poll asks for the missing records only.",
    ),
    Outcome.NO_LINK: Explanation(
        "The line could not be opened.",
        "The gateway or modem is without power, out of coverage, or its address has changed.",
        "Check the address of the line, the power of the gateway and the signal level on site.",
    ),
    Outcome.LINE_LOST: Explanation(
        "The line was cut before anything was read.",
        "The radio connection broke, the gateway restarted, or an adapter was unplugged.",
        "Nothing to do unless it happens again and again: then check signal level and power on site.",
    ),
    Outcome.METER_SILENT: Explanation(
        "The line is open, but the meter does not answer.",
        "Wrong meter address or baud rate, a broken wire, or a meter without power.",
        "Compare address and baud rate with the meter's display; if they agree, check wiring and battery.",
    ),
    Outcome.TRANSFER_ERRORS: Explanation(
        "Bytes arrive, but damaged or not of this protocol.",
        "Wrong parity or baud rate, noise on the line, or two meters with one address.",
        "Check parity and baud rate, then shield and length of the cable; scan the line for equal addresses.",
    ),
    Outcome.WRONG_METER: Explanation(
        "Another meter answered than the registered one; none of its readings was stored.",
        "The meter was replaced without an act, or the address belongs to another usage point.",
        "Compare the serial numbers on site and in the registry, then register the replacement.",
    ),
    Outcome.WRONG_SETTINGS: Explanation(
        "The meter or its line is described wrongly here.",
        "A model, an address, a unit or a line setting does not fit the meter.",
        "Run `teplo check`; it names the setting that is wrong.",
    ),
    Outcome.METER_BUSY: Explanation(
        "The meter was too busy to answer.",
        "It is measuring, or somebody works with it at its display or optical port.",
        "Nothing to do unless it stays so for a day: the next poll asks again.",
    ),
    Outcome.ACCESS_DENIED: Explanation(
        "The meter refused for want of a password or access level.",
        "The password was changed at the meter, or none is registered.",
        "Enter the meter's password in its settings.",
    ),
    Outcome.CONFIGURATION_CHANGED: Explanation(
        "The meter's settings changed during the poll.",
        "Somebody has set the meter anew: its scheme, units or clock.",
        "Ask who changed it; the next poll reads under the new settings.",
    ),
    Outcome.NOT_UNDERSTOOD: Explanation(
        "The meter answered in a way that its description here does not know.",
        "The model is not the registered one, or its firmware is newer than the description.",
        "Compare the model; keep the frames of this poll and send them to whoever maintains the model.",
    ),
    Outcome.REFUSED: Explanation(
        "The meter refused the question.",
        "This meter does not keep what was asked for.",
        "Compare the model and its archives with the meter's passport.",
    ),
    Outcome.BUSY: Explanation(
        "The number called was busy.",
        "Another program holds a call to this modem, or its last call has not ended yet.",
        "Nothing to do unless it stays so: find out who else calls this modem.",
    ),
    Outcome.NO_CARRIER: Explanation(
        "The network could not put the call through.",
        "The modem on site is without power or out of coverage, or its SIM has no data call service.",
        "Check the modem's power and signal level on site; ask the operator about data calls (CSD).",
    ),
    Outcome.NO_ANSWER: Explanation(
        "The modem on site rang, but did not answer.",
        "It is not set to answer by itself.",
        "Set it to answer at the first ring (ATS0=1) and store that in the modem.",
    ),
    Outcome.NO_DIAL_TONE: Explanation(
        "Our modem has no network to dial on.",
        "Its antenna is off, it is out of coverage, or only emergency calls are allowed.",
        "Check the antenna and the SIM of our modem.",
    ),
    Outcome.CALL_BARRED: Explanation(
        "The network bars this call.",
        "The SIM may not make data calls, or its account is blocked.",
        "Ask the operator what the SIM is subscribed to and whether it is paid.",
    ),
    Outcome.SIM_MISSING: Explanation(
        "Our modem finds no usable SIM card.",
        "The card is not in its holder, or it is worn.",
        "Put the card in again; if that does not help, have it replaced.",
    ),
    Outcome.SIM_LOCKED: Explanation(
        "The SIM card of our modem wants a PIN or PUK.",
        "No PIN is registered for this modem, or another one; it was not tried twice.",
        "Unlock the card in a telephone, then register its right PIN.",
    ),
    Outcome.NOT_REGISTERED: Explanation(
        "Our modem is not registered in any network.",
        "The signal is too weak, the SIM is not active, or roaming is refused.",
        "Check our modem's signal level and whether its SIM is active.",
    ),
    Outcome.MODEM_SILENT: Explanation(
        "Our modem does not answer commands.",
        "It is without power, hangs, or its port has another baud rate; a reset did not help.",
        "Switch the modem off and on; check the baud rate of its port.",
    ),
    Outcome.MODEM_ERROR: Explanation(
        "Our modem refused a command.",
        "It does not know the command or the bearer that data calls need.",
        "Read the modem's words in the message; check that this make is able to make data calls.",
    ),
    Outcome.NO_FREE_MODEM: Explanation(
        "No modem of the pool is free.",
        "All are in calls, or rest after failures.",
        "Look at the modems of the pool; add a modem when they are busy all day.",
    ),
    Outcome.MODEM_AWAY: Explanation(
        "The modem on site is not connected to us.",
        "It is without power or coverage, its traffic is used up, or it calls another address.",
        "Look when it was last seen; then check its power, signal level, SIM and the address it calls.",
    ),
    Outcome.BATTERY_SPARED: Explanation(
        "The meter was not asked: the polls that its battery allows in 24 hours are spent.",
        "Somebody asked for it often, or its polls failed and were repeated.",
        "Nothing to do: the message says when the next poll is due.",
    ),
    Outcome.GATEWAY_WEDGED: Explanation(
        "The gateway accepts connections but passes nothing on.",
        "It hangs, or holds the line for a connection that is long dead.",
        "Restart the gateway; let it restart itself every day if it can.",
    ),
}

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

QUALITIES: Final[Mapping[Quality, str]] = {
    Quality.MEASURED: "measured",
    Quality.MEASURED_NEARBY: "measured near the boundary",
    Quality.MEASURED_IN_PART: "measured for a part of the period",
    Quality.ABSENT: "no value",
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
