"""A utility behind GSM, under the faults of the field: what is stored is what the plant produced.

4 modems of ours and 60 meters that are dialled, 300 gateways that connect to us, 50 that we connect to; two
collectors share all of it. Every run of the tests has a fifth of them, `make nightly` all.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from importlib import resources
from pathlib import Path

import pytest

from collector.collector_settings import CollectorSettings
from collector.dialling.times import DiallingTimes
from metering.calls import CallResult
from metering.plans import PollPlan
from metering.polls import Outcome
from simulators import fleet_file
from simulators.fleet import RunningFleet, running_fleet
from simulators.fleet_plan import Fleet
from simulators.gateways.connecting import Listener
from simulators.gateways.gateway import Gateway
from storage.calls import Calls
from storage.modem_rows import ModemKind
from storage.modems import Modems
from storage.polls import Polls
from storage.pool import Database
from storage.readings import Readings
from teplo.composition import clock, random_source
from teplo.demo import oracle
from teplo.demo.entrance import entrances, way_in
from teplo.demo.site import register
from tests.system.house import ARCHIVES, HEARTBEAT, station, until, working
from tests.system.test_collector import WINDOWS

FLEET = Path(str(resources.files("simulators"))) / "fleets" / "gsm.toml"
DIALLED, INBOUND, TCP, MODBUS_TCP = 60, 300, 40, 10
ONCE = PollPlan(every=timedelta(days=365), retry=timedelta(milliseconds=500), archives=ARCHIVES)
"""Every meter is due once, and again only as long as its poll does not end well."""
QUICK = DiallingTimes(release=0.05, rests=(timedelta(seconds=2), timedelta(seconds=5)))


def settings(name: str) -> CollectorSettings:
    return CollectorSettings(
        name=name,
        plan=ONCE,
        tick=0.5,
        heartbeat=HEARTBEAT,
        patience=timedelta(seconds=10),
    )


@pytest.mark.parametrize(
    "share", [pytest.param(5, id="a fifth"), pytest.param(1, id="whole", marks=pytest.mark.nightly)]
)
@pytest.mark.timeout(600)
async def test_every_record_of_a_town_behind_gsm_is_stored_and_true(database: Database, share: int) -> None:
    stations = [station(database, settings(name), entrances(), QUICK) for name in ("north", "south")]
    way = shared([way_in(station.listener.bind()) for station in stations])
    plan = part_of_the_town(share)
    async with running_fleet(plan, now=clock, random=random_source(7), faults="field", listener=way) as fleet:
        meters = await register(fleet, database, clock() - timedelta(days=90))
        assert Counter(line.url.partition(":")[0] for line in fleet.lines) == {
            "csd": DIALLED // share,
            "inbound": INBOUND // share,
            "tcp": TCP // share,
            "modbus-tcp": MODBUS_TCP // share,
        }
        since = clock()
        async with working(*(station.collector for station in stations)):
            await until(lambda: _all_read(database, len(meters)), patience=540)
        befallen = _befallen(fleet)
        most = _most_calls_at_once(fleet)
    verdict = await oracle.compare_stored(meters, Readings(database), since, clock(), WINDOWS)
    assert (verdict.missing, verdict.wrong, verdict.findings) == (0, 0, [])
    assert set(most.values()) == {1}, "no modem ever carries two calls"
    assert len(most) == 4, "every modem of the pool dialled"
    assert len(befallen) > 8, f"the field was hardly disturbed: {befallen}"
    await _calls_agree(fleet, database)


def part_of_the_town(share: int) -> Fleet:
    """One of so many of each kind of its lines."""
    written = re.sub(r"(?<=copies = )\d+", lambda copies: str(int(copies[0]) // share), FLEET.read_text())
    return fleet_file.read(written, FLEET)


def shared(ways: Sequence[Listener]) -> Listener:
    """As a load balancer does: each gateway goes to one of the collectors."""

    def listener(gateway: Gateway) -> tuple[str, int] | None:
        return ways[zlib.crc32(gateway.identity.encode()) % len(ways)](gateway)

    return listener


async def _all_read(database: Database, meters: int) -> bool:
    return (await Polls(database).summary()).meters_read == meters


def _befallen(fleet: RunningFleet) -> Counter[str]:
    lines = sum((line.faults for line in fleet.lines), Counter[str]())
    gateways = sum((line.gateway.counts for line in fleet.lines if line.gateway), Counter[str]())
    return +Counter({f"{one}": count for one, count in (lines + gateways + fleet.network.counts).items()})


def _most_calls_at_once(fleet: RunningFleet) -> dict[str, int]:
    modems = {call.modem for call in fleet.network.log}
    return {modem: fleet.network.most_calls_at_once(modem=modem) for modem in modems}


async def _calls_agree(fleet: RunningFleet, database: Database) -> None:
    """Our book of calls against the network's: as many connected, and every failure has a word of its own."""
    ours = [one.call for modem in await Modems(database).list(kind=ModemKind.OWN)
            for one in await Calls(database).list(modem_id=modem.id, limit=1000)]  # fmt: skip
    connected = [call for call in fleet.network.log if call.connected is not None]
    assert sum(call.result is CallResult.CONNECTED for call in ours) == len(connected)
    polls = await Polls(database).list(limit=5000)
    assert {poll.collector for poll in polls} == {"north", "south"}, "both took part"
    assert Outcome.NO_LINK not in {poll.outcome for poll in polls if poll.message.startswith("csd:")}
