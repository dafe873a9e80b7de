"""The calls that every driver answers, to be begun anew as often as a test wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from metering.calendar import ArchiveKind, MeterSlot
from metering.meters import MeterConfiguration
from protocols.conversation import Conversation
from protocols.driver import Driver

Begin = Callable[[], Conversation[object]]


def calls_of(
    driver: Driver,
    address: str,
    settings: MeterConfiguration,
    archives: Mapping[ArchiveKind, Sequence[MeterSlot]],
) -> dict[str, Begin]:
    """By name; an archive's is its kind."""

    def archive(kind: ArchiveKind) -> Begin:
        return lambda: driver.read_archive(address, settings, kind, list(archives[kind]))

    return {
        "identify": lambda: driver.identify(address),
        "configuration": lambda: driver.read_configuration(address),
        "clock": lambda: driver.read_clock(address, settings),
        "current": lambda: driver.read_current(address, settings),
    } | {kind.value: archive(kind) for kind in archives}
