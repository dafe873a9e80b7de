"""The one tree of errors. The class answers "what may be asked next?".

    TeploError
    ├── ConfigurationError   our side is wrong: no retry, tell the operator
    ├── LineError            stop asking anybody on this line; back off; reopen
    ├── ExchangeError        the same question may be repeated now
    ├── MeterError           a valid refusal: repeating is pointless
    ├── DecodeError          well framed, not understood
    ├── CalledOff            nobody wants the answer any more
    └── StorageError         the database is away or disagrees

Each docstring's first sentence is the default message. A message tells what happened, the likely cause
and the next step.
"""

from __future__ import annotations

from metering.calls import CallResult


class TeploError(Exception):
    """Teplo could not do what was asked."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.default_message())

    @classmethod
    def default_message(cls) -> str:
        """The first sentence of the class's docstring."""
        return (cls.__doc__ or cls.__name__).strip().splitlines()[0]


class ConfigurationError(TeploError):
    """Something on our side is set up wrongly; asking again will not help before it is mended."""


class UnknownModel(ConfigurationError):
    """No profile or driver has this model's name; `teplo models` lists the known ones."""


class ProfileError(ConfigurationError):
    """A model's profile file is wrong."""


class UnitError(ConfigurationError):
    """This unit is not known, or does not measure this quantity."""


class LineError(TeploError):
    """The line cannot be used now."""


class LineUnavailable(LineError):
    """The line cannot be opened: check the URL, the gateway's power and its network."""


class CallFailed(LineUnavailable):
    """The call was not put through.

    `result` says why in one word; it is never `connected`. `cause`: the network's or modem's own words.
    """

    def __init__(
        self, message: str = "", result: CallResult = CallResult.MODEM_ERROR, cause: str = ""
    ) -> None:
        super().__init__(message)
        self.result = result
        self.cause = cause


class ModemAway(LineUnavailable):
    """The modem is not connected to us now: check its power, its signal level and the address it calls."""


class GatewayWedged(LineError):
    """The gateway accepts connections but passes nothing on: restart it."""


class LineBusy(LineError):
    """Somebody else is speaking on this line; one line has one talker at a time."""


class LineLost(LineError):
    """The line was cut in the middle of the conversation."""


class ExchangeError(TeploError):
    """One question was not answered properly; it may be asked again now."""


class NoResponse(ExchangeError):
    """The meter is silent: check its address, its power, the baud rate and the wiring."""


class FrameError(ExchangeError):
    """Bytes were heard, but no valid frame: check baud rate, parity and protocol."""


class MeterError(TeploError):
    """The meter refused."""


class NotSupported(MeterError):
    """The meter, or our description of it, does not have this."""


class MeterBusy(MeterError):
    """The meter is too busy to answer now; ask again in the next cycle."""


class AccessDenied(MeterError):
    """The meter wants a password or another access level."""


class ConfigurationChanged(MeterError):
    """The meter's settings changed during the conversation; they must be read again."""


class WrongMeter(MeterError):
    """Another meter answered than the registered one; none of its readings was stored."""


class CalledOff(TeploError):
    """Whoever asked for this called it off."""


class DecodeError(TeploError):
    """A well-framed answer could not be understood."""


class StorageError(TeploError):
    """The database could not do what was asked."""


class StorageUnavailable(StorageError):
    """The database is away: check that it runs and that TEPLO_DATABASE_URL is right."""


class TooManyRequests(StorageError):
    """Too many requests of people wait already."""


class ReadingConflict(StorageError):
    """What is to be stored contradicts what is stored."""


def only_ours(group: BaseExceptionGroup[BaseException]) -> TeploError | None:
    """The first error of a group that holds errors of this tree alone; None when it holds others."""
    ours, others = group.split(TeploError)
    if ours is None or others is not None:
        return None
    first: BaseException = ours
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first if isinstance(first, TeploError) else None
