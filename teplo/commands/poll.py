"""`teplo poll URL --model M`: one meter, no database."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

import typer

from collector.gaps import ArchivePlan, ArchiveRange, WantedArchives
from collector.links.url import LineUrl
from collector.poll import Poll
from collector.polled_meter import PolledMeter
from metering.calendar import ArchiveKind, MeterZone, slots
from metering.errors import ConfigurationError, TeploError, WrongMeter
from metering.polls import HoldReason, PollReport
from protocols.driver import Driver
from teplo.composition import clock, driver_for, new_identifier, open_link, session_for, texts
from teplo.report import print_report, report_as_json

MOST_SLOTS = 5000
LOCAL = "manual"


def poll(
    url: Annotated[str, typer.Argument(help="The line: tcp://10.0.0.5:4001, serial:/dev/ttyUSB0 ...")],
    model: Annotated[str, typer.Option("--model", "-m", help="Model name; see `teplo models`.")],
    address: Annotated[str, typer.Option(help="Address on the line; M-Bus also 12345678.")] = "",
    serial: Annotated[str, typer.Option(help="Refuse any other meter than this one.")] = "",
    archive: Annotated[ArchiveKind | None, typer.Option(help="Also read this archive.")] = None,
    start: Annotated[datetime | None, typer.Option("--from", help="First slot, meter time.")] = None,
    end: Annotated[datetime | None, typer.Option("--to", help="End of the slots, meter time.")] = None,
    zone: Annotated[str, typer.Option(help="The meter's zone.")] = "+05:00",
    factor_set: Annotated[str, typer.Option(help="Energy to Gcal by: exact, kyivenergo.")] = "exact",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Poll one meter and show what it says, in Gcal. Nothing is stored."""
    line = LineUrl.parse(url)
    driver = driver_for(model, line)
    meter = PolledMeter(
        id=0,
        serial=serial,
        address=address or driver.info.default_address,
        zone=MeterZone(zone),
        factor_sets=dict.fromkeys(range(1, 9), factor_set),
        archives=wanted_slots(archive, start, end),
    )
    report, error = asyncio.run(poll_once(line, driver, meter))
    refuse_another(report, meter)
    print(report_as_json(report)) if as_json else print_report(report, texts())
    if error is not None:
        raise error


def refuse_another(report: PollReport, meter: PolledMeter) -> None:
    """WrongMeter when another meter answered than was asked for: its values would be taken for this one's."""
    if report.held is HoldReason.NEW_METER and report.identity:
        raise WrongMeter(
            f"Meter {report.identity.serial} answered at address {meter.address}, but {meter.serial} was "
            "asked for. Likely the meter was replaced or two addresses were mixed up: compare the number on "
            "its face, or leave --serial out to read it all the same."
        )


def wanted_slots(kind: ArchiveKind | None, start: datetime | None, end: datetime | None) -> WantedArchives:
    """The range of one archive, or nothing where no archive is named."""
    if kind is None:
        return ArchivePlan({})
    if start is None or end is None or end <= start:
        raise ConfigurationError(
            "--archive needs a range: --from 2026-01-01T00:00:00 --to 2026-01-02T00:00:00."
        )
    if sum(1 for _ in zip(slots(kind, start, end), range(MOST_SLOTS + 1), strict=False)) > MOST_SLOTS:
        raise ConfigurationError(f"The range holds more than {MOST_SLOTS} slots; ask for a shorter one.")
    return ArchiveRange(kind, start, end)


async def poll_once(
    line: LineUrl, driver: Driver, meter: PolledMeter
) -> tuple[PollReport, TeploError | None]:
    """One poll over a line that is opened for it; nothing is stored."""
    link = await open_link(line, driver)
    try:
        asked = Poll(
            session_for(link, line, driver),
            driver,
            meter,
            identifier=new_identifier(),
            collector=LOCAL,
            now=clock,
        )
        return await asked.run(), asked.error
    finally:
        await link.close()
