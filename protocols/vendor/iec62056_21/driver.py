"""The driver of every model that is read by IEC 62056-21: one read-out brings all that it has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot
from metering.errors import NotSupported
from metering.meters import MeterConfiguration, MeterIdentity
from metering.readings import ArchiveRecord, Gap, GapReason, Snapshot
from protocols.conversation import Conversation, Deliver
from protocols.driver import Choice, DriverInfo, LineDefaults
from protocols.family import Choices
from protocols.vendor.iec62056_21.contents import ReadOut
from protocols.vendor.iec62056_21.dialogue import PARITY, read_out
from protocols.vendor.iec62056_21.models import Mode, Model
from protocols.vendor.iec62056_21.sign_on import ANYBODY, SIGN_ON_BAUD

TIMEOUT: Final = 6.0
"""Seconds: 40 NULs and the request at 300 baud take 1.5, each of two reaction times as long again."""

FULL: Final = "?"
QUESTIONS: Final = {"full": FULL, "instantaneous": "#"}
READOUT: Final = Choice(
    "readout",
    tuple(QUESTIONS),
    "Which set the meter is asked for: /?! with counters, clock and set day, or /#! with flow, power and "
    "temperatures, but no clock. What exactly /#! brings depends on the firmware.",
)
_INSTANTANEOUS: Final = (
    "UNCONFIRMED: that the request /#! brings flow, power and temperatures; see the choice readout.",
)


class Iec62056Driver:
    """Speaks to one model; each call makes exactly one read-out. Implements protocols.driver.Driver."""

    def __init__(self, model: Model, choices: Choices) -> None:
        self._model = model
        self._question = QUESTIONS[choices.get(READOUT.name, READOUT.words[0])]

    @property
    def info(self) -> DriverInfo:
        model, switches = self._model, self._model.mode is Mode.B
        return DriverInfo(
            model=model.name,
            protocol="iec62056-21",
            maker=model.maker,
            title=model.title,
            manual=model.manual,
            verification=model.verification,
            line=LineDefaults(SIGN_ON_BAUD, PARITY, timeout=TIMEOUT, quiet=0.0),
            depths={ArchiveKind.TOTAL: 1} if model.keeps_set_day else {},
            totals_every=ArchiveKind.MONTH,
            polls_per_day=model.polls_per_day,
            whole_snapshot=True,
            whole_archives=True,
            default_address=ANYBODY,
            choices=(READOUT,) if switches else (),
            notes=(*model.notes, *(_INSTANTANEOUS if switches else ())),
        )

    def identify(self, address: str) -> Conversation[MeterIdentity]:
        """The number in the read-out; a snapshot brings it too."""
        return (yield from self._read_out(address)).identity

    def read_configuration(self, address: str) -> Conversation[MeterConfiguration]:
        """Nothing is asked: every data set carries its unit."""
        yield from ()
        return MeterConfiguration()

    def read_clock(self, address: str, configuration: MeterConfiguration) -> Conversation[datetime | None]:
        return (yield from self._read_out(address)).clock

    def read_current(self, address: str, configuration: MeterConfiguration) -> Conversation[Snapshot]:
        """The snapshot; the levels of the set day in the same read-out are delivered as total records."""
        read = yield from self._read_out(address)
        if read.stored:
            yield Deliver(read.stored)
        return read.snapshot

    def read_archive(
        self, address: str, configuration: MeterConfiguration, kind: ArchiveKind, slots: Sequence[MeterSlot]
    ) -> Conversation[None]:
        """Total records at the yearly set days."""
        if kind not in self.info.depths:
            raise NotSupported(f"{self._model.title} sends no {kind} archive by IEC 62056-21.")
        read = yield from self._read_out(address)
        stored = {record.slot: record for record in read.stored}
        yield Deliver(tuple(stored.get(slot) or _gap(read, slot) for slot in slots))

    def _read_out(self, address: str) -> Conversation[ReadOut]:
        return read_out(self._model, address, self._question)


def _gap(read: ReadOut, slot: MeterSlot) -> ArchiveRecord | Gap:
    ahead = read.clock is not None and slot.start > read.clock
    return Gap(ArchiveKind.TOTAL, slot, GapReason.NOT_YET_CLOSED if ahead else GapReason.NO_RECORD)
