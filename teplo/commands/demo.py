"""`teplo demo`: the whole house on one machine, judged by the simulated plant."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from collector.supervisor import wait
from storage.polls import Polls
from storage.readings import Readings
from teplo.composition import clock, texts
from teplo.demo.oracle import compare_stored
from teplo.demo.result import DemoResult, judge
from teplo.demo.run import DemoOptions, RunningDemo, running_demo
from teplo.demo.watch import picture, where_to_look
from teplo.logs import set_up_logs
from teplo.settings import read_settings
from teplo.texts import Translate

DEMO_FLEET = Path(str(resources.files("simulators"))) / "fleets" / "demo.toml"
REFRESH = 0.5
BETWEEN_NEWS = 5.0
LONGEST_FINISH = 240.0
SHOWN = 100
MOST_SHOWN = 20


def demo(
    seconds: Annotated[float | None, typer.Option("--for", help="End after so many seconds.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the result here.")] = None,
    faults: Annotated[str, typer.Option(help="Fault mix: none, field, hostile.")] = "field",
    fleet: Annotated[Path, typer.Option(help="Another fleet file.")] = DEMO_FLEET,
    seed: Annotated[int | None, typer.Option(help="Makes the faults repeatable.")] = None,
) -> None:
    """Poll a simulated fleet, store it, bill it, and compare everything with the plant's truth."""
    set_up_logs("error")
    result = asyncio.run(_run(DemoOptions(fleet, faults, seed), seconds, texts()))
    if json_file:
        json_file.write_text(result.as_json() + "\n", encoding="utf-8")
    _print(result, texts())
    if not result.well:
        raise typer.Exit(1)


async def _run(options: DemoOptions, seconds: float | None, _: Translate) -> DemoResult:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running_demo(read_settings(), options) as running:
        print(where_to_look(running, _), flush=True)
        await _watch(running, seconds, stop, _)
        await _finish(running, _)
        return await judge(running)


async def _finish(demo: RunningDemo, _: Translate) -> None:
    """A meter that was cut off in its long first read-out may be read to the end, within bounds."""
    loop = asyncio.get_running_loop()
    end = loop.time() + LONGEST_FINISH
    while (left := await _unread(demo)) and loop.time() < end:
        text = _("Meters still to be read to the end: {count}; {seconds:.0f} s at most.")
        print(text.format(count=left, seconds=end - loop.time()), flush=True)
        await wait(asyncio.Event(), BETWEEN_NEWS)
    print(_("Finishing what is being read, then comparing with the plant ..."), flush=True)
    await demo.stop_polling()


async def _unread(demo: RunningDemo) -> int:
    """Meters without a poll that ended well while records are missing, and those that published more."""
    readings = Readings(demo.database)
    unread = len(demo.meters) - (await Polls(demo.database).summary()).meters_read
    if unread and not (await compare_stored(demo.meters, readings, demo.started_at, clock())).missing:
        unread = 0
    return unread + await demo.pushed.behind(readings)


async def _watch(demo: RunningDemo, seconds: float | None, stop: asyncio.Event, _: Translate) -> None:
    """Show polls until the time is over or somebody stops; where nobody looks, nothing is drawn."""
    loop = asyncio.get_running_loop()
    end = None if seconds is None else loop.time() + seconds
    with Live(console=Console(), refresh_per_second=4, transient=True) as live:
        while not stop.is_set():
            left = None if end is None else end - loop.time()
            if left is not None and left <= 0:
                return
            if live.console.is_terminal:
                polls = await Polls(demo.database).list(limit=SHOWN)
                live.update(picture(demo, polls, clock(), left, _))
            await wait(stop, REFRESH if left is None else min(REFRESH, left))


def _print(result: DemoResult, _: Translate) -> None:
    figures = asdict(result)
    print(
        _(
            "{meters} meters, {polls} polls. Archive records: {records_expected} expected, {records_stored} "
            "stored, {records_missing} missing, {records_wrong} wrong."
        ).format(**figures)
    )
    print(
        _(
            "This month, through the API: {points_billed} points billed, {billed_gcal} Gcal; the plant "
            "says {true_gcal} Gcal, give or take {resolution_gcal} by the registers' steps. "
            "{points_absent} points absent, with the reason: their meters keep no register of the "
            "month's start."
        ).format(**figures)
    )
    print(
        _(
            "Over MQTT: {pushed_meters} meters that publish, {pushed_readings} readings, {pushed_missing} "
            "missing, {pushed_wrong} wrong."
        ).format(**figures)
    )
    for finding in result.findings[:MOST_SHOWN]:
        print(f"  {finding}")
    print(_("Everything agrees with the plant.") if result.well else _("The demo found faults."))
