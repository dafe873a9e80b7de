"""`teplo trace URL --model M FILE`: a live conversation as a vector file, which replays."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from collector.gaps import ArchivePlan
from collector.links.url import LineUrl
from collector.polled_meter import PolledMeter
from metering.calendar import ArchiveKind, MeterZone
from metering.errors import ConfigurationError
from metering.polls import PollReport
from protocols import catalogue
from protocols.masking import masked
from protocols.modbus.messages import Framing
from protocols.recording import RecordingDriver
from protocols.vector_text import vector_text
from protocols.vectors import Vector
from teplo.commands.poll import poll_once
from teplo.composition import clock, driver_for, texts
from teplo.report import print_report

MOST_RECORDS: Final = 100


def trace(
    url: Annotated[str, typer.Argument(help="The line: tcp://10.0.0.5:4001, serial:/dev/ttyUSB0 ...")],
    file: Annotated[Path, typer.Argument(help="The vector file to write; one that is there is kept.")],
    model: Annotated[str, typer.Option("--model", "-m", help="Model name; see `teplo models`.")],
    address: Annotated[str, typer.Option(help="Address on the line; M-Bus also 12345678.")] = "",
    records: Annotated[int, typer.Option(help="So many newest records of each archive.")] = 3,
    zone: Annotated[str, typer.Option(help="The meter's zone.")] = "+05:00",
    mask: Annotated[bool, typer.Option("--mask", help="Put another serial number into the bytes.")] = False,
) -> None:
    """Read a meter and write down the conversation: the file replays in the simulator and in the tests.

    What the file expects is our own reading: compare it with the meter's display.
    """
    line = LineUrl.parse(url)
    if line.framing is not Framing.RTU:
        raise ConfigurationError("A vector holds RTU frames; trace the meter over its serial line.")
    if not 0 <= records <= MOST_RECORDS:
        raise ConfigurationError(f"--records may be 0 to {MOST_RECORDS}, not {records}.")
    driver = RecordingDriver(partial(driver_for, model, line))
    meter = PolledMeter(
        id=0,
        serial="",
        address=address or driver.info.default_address,
        zone=MeterZone(zone),
        archives=ArchivePlan(dict.fromkeys(ArchiveKind, records)),
    )
    report, error = asyncio.run(poll_once(line, driver, meter))
    print_report(report, texts())
    if driver.conversations:
        _write(file, _vector(line, driver, meter.address), report, mask)
    if error is not None:
        raise error


def _vector(line: LineUrl, driver: RecordingDriver, address: str) -> Vector:
    return Vector(
        model=driver.info.model,
        source=f"trace of {clock():%Y-%m-%d}; say here whose meter it was and what its display showed",
        address=address,
        conversations=tuple(driver.conversations),
        unverified=True,
        choices=dict(line.choices),
    )


def _write(file: Path, vector: Vector, report: PollReport, mask: bool) -> None:
    if mask:
        vector = _masked(vector, report)
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(vector_text(vector))
    except OSError as error:
        raise ConfigurationError(f"The trace cannot be written to {file}: {error}.") from error
    _ = texts()
    told = _("{count} conversations written to {file}. Compare what it expects with the meter's display.")
    print(told.format(count=len(vector.conversations), file=file))


def _masked(vector: Vector, report: PollReport) -> Vector:
    if report.identity is None:
        raise ConfigurationError("The meter did not say its serial number, so that nothing can be masked.")
    make = partial(catalogue.driver, vector.model, choices=vector.choices)
    family = catalogue.families()[make().info.protocol]
    return masked(vector, report.identity.serial, family, make)
