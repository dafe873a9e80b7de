"""What each outcome of a poll means to an engineer: likely cause and next step.

Texts are source texts of the catalogues; whoever shows one translates it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from metering.polls import Outcome

Translate = Callable[[str], str]


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
        "Another meter answered than the registered one; what it said waits in quarantine.",
        "The meter was replaced without an act, or the address belongs to another usage point.",
        "Compare the serial numbers on site and in the registry; register the replacement, then decide on "
        "the readings.",
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
        "The meter's settings are not those under which its readings were accepted.",
        "Somebody has set the meter anew: its scheme, units or clock.",
        "Ask who changed it; then accept or reject the readings that wait in quarantine.",
    ),
    Outcome.NOT_UNDERSTOOD: Explanation(
        "The meter answered in a way that its description here does not know.",
        "The model is not the registered one, or its firmware is newer than the description.",
        "Compare the model; keep the frames of this poll and send them to whoever maintains the model.",
    ),
    Outcome.ARCHIVE_ABSENT: Explanation(
        "The meter keeps no such archive, or nothing of what was asked for.",
        "Its archive is switched off or was erased, or the model keeps less than its description says.",
        "Compare the model and its archives with the meter's passport; then shorten its poll plan.",
    ),
    Outcome.CLOCK_WRONG: Explanation(
        "The meter's clock is further off than its plan allows; what it said waits in quarantine.",
        "Its battery was changed, its zone is registered wrongly, or the clock drifts.",
        "Compare zone and clock; set the clock, then accept or reject the readings.",
    ),
    Outcome.REGISTER_RESET: Explanation(
        "A register stands lower than before; what the meter said waits in quarantine.",
        "The meter was reset or repaired, or its calculator was replaced.",
        "Ask for the act of what was done; then accept or reject the readings.",
    ),
    Outcome.REFUSED: Explanation(
        "The meter refused the question.",
        "This meter does not keep what was asked for.",
        "Compare the model and its archives with the meter's passport.",
    ),
    Outcome.CANCELLED: Explanation(
        "The poll was called off.",
        "Whoever asked for it no longer wanted it.",
        "Nothing to do: what was read until then is stored, and the plan goes on.",
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
    Outcome.GATEWAY_WEDGED: Explanation(
        "The gateway accepts connections but passes nothing on.",
        "It hangs, or holds the line for a connection that is long dead.",
        "Restart the gateway; let it restart itself every day if it can.",
    ),
    Outcome.STORAGE_AWAY: Explanation(
        "Nobody was asked: there is no place to put readings.",
        "The database is away, and the collector's own disk is full or broken.",
        "Bring the database back; make room on the collector's disk. Meters keep their archives meanwhile.",
    ),
    Outcome.OVER_BUDGET: Explanation(
        "The meter was not asked: a budget is spent, its battery's, its line's or its SIM's.",
        "It was asked often, its polls were repeated, or the plan wants more than the budget allows.",
        "Nothing to do if the next poll comes in time, as the message says; else raise the budget.",
    ),
}
