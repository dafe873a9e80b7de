"""The AT dialogue with a modem of our own: each step a conversation for the session of the modem's link.

In order: `probe`, `initialise`, `await_registration`, `signal`, `dial`; after the call `escape`, `hang_up`.
`reset` is for a modem that is stuck. What fails is CallFailed with the word for it.
"""

from __future__ import annotations

from protocols.at.calls import dial, escape, hang_up
from protocols.at.dialogue import probe, reset
from protocols.at.initialisation import ModemSettings, initialise
from protocols.at.registration import await_registration, registration
from protocols.at.signal_quality import signal

__all__ = [
    "ModemSettings",
    "await_registration",
    "dial",
    "escape",
    "hang_up",
    "initialise",
    "probe",
    "registration",
    "reset",
    "signal",
]
