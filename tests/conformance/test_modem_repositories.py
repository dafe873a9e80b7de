"""What the repositories of modems promise, over PostgreSQL and over TimescaleDB."""

from __future__ import annotations

import traceback
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from metering.errors import ConfigurationError
from metering.modems import ModemIdentity
from storage.collectors import Collectors
from storage.modem_rows import Contact, LeasedModem, ModemKind, ModemState, PoolSize
from storage.modems import Modems
from storage.pool import Database
from storage.registered import Line
from storage.traffic import DayTraffic, MonthTraffic
from storage.usage_points import Registry
from tests.support.modems import NUMBER, inbound_line
from tests.support.registry import DAY, HOUR, START

IMEI = "356938035643809"
SERIAL = "serial:/dev/ttyUSB0"
MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["database", pytest.param("timescale", marks=pytest.mark.timescale)])
def store(request: pytest.FixtureRequest) -> Database:
    """An open pool on each kind of database."""
    database: Database = request.getfixturevalue(request.param)
    return database


async def live(store: Database, *collectors: str) -> None:
    """These collectors have just said that they live."""
    for name in collectors:
        await Collectors(store).claim(name, UUID(int=1), HOUR)


async def test_a_pool_knows_its_modems_and_who_reaches_them(store: Database) -> None:
    modems = Modems(store)
    await modems.add_pool("main")
    await modems.add_pool("yard", "north")
    first = await modems.add_own("main", "tcp://10.0.0.1:4001", pin="1234", phone=NUMBER)
    assert await modems.add_own("main", "tcp://10.0.0.1:4001", pin="4321", site="Диспетчерская") == first
    await modems.add_own("main", "tcp://10.0.0.2:4001")
    assert await modems.pools() == [PoolSize("main", None, 2), PoolSize("yard", "north", 0)]
    modem = await modems.modem(first)
    assert modem is not None
    assert (modem.kind, modem.pool, modem.phone, modem.site) == ("own", "main", NUMBER, "Диспетчерская")
    assert modem.state is ModemState.FREE


async def test_a_modem_wants_a_pool(store: Database) -> None:
    with pytest.raises(ConfigurationError, match="'main'"):
        await Modems(store).add_own("main", SERIAL)


async def test_the_pin_is_told_to_the_holder_of_the_lease_alone(store: Database) -> None:
    modems = Modems(store)
    await modems.add_pool("main")
    modem = await modems.add_own("main", SERIAL, pin="9173")
    leased = await modems.lease("main", "north", START, START + MINUTE)
    assert leased == LeasedModem(modem, SERIAL, "9173", 0)
    await modems.release(modem, "north", pin_refused=True)
    for entered, lent in (("9173", ""), ("9174", "9174")):
        assert await modems.add_own("main", SERIAL, pin=entered) == modem
        assert await modems.lease("main", "north", START, START + MINUTE) == LeasedModem(
            modem, SERIAL, lent, 0
        )
        await modems.release(modem, "north")
    assert "9173" not in repr(await modems.list())


@pytest.mark.parametrize(
    "wrong",
    [
        {"month_starts_on": 29},
        {"month_starts_on": 0},
        {"allowance": -1},
        {"allowance": 2**63},
        {"pool": "nowhere"},
    ],
    ids=["day 29", "day 0", "less than nothing", "more than can be counted", "pool"],
)
async def test_a_refusal_does_not_tell_the_pin(database: Database, wrong: dict[str, Any]) -> None:
    modems = Modems(database)
    await modems.add_pool("main")
    await modems.add_own("main", SERIAL, pin="9173")
    with pytest.raises(ConfigurationError) as refused:
        await modems.add_own(wrong.pop("pool", "main"), SERIAL, pin="9173", **wrong)
    assert "9173" not in "".join(traceback.format_exception(refused.value)).replace('pin="9173"', "")


async def test_the_modem_that_was_not_used_for_longest_comes_first(store: Database) -> None:
    modems = Modems(store)
    await modems.add_pool("main")
    three = [await modems.add_own("main", f"tcp://10.0.0.{n}:4001") for n in range(3)]
    order = []
    for call in range(7):
        at = START + call * MINUTE
        leased = await modems.lease("main", "north", at, at + HOUR)
        assert leased is not None
        order.append(leased.id)
        await modems.release(leased.id, "north")
    assert order == [*three, *three, three[0]]


async def test_a_leased_modem_is_nobody_elses_until_the_lease_ends(store: Database) -> None:
    modems = Modems(store)
    await modems.add_pool("main")
    modem = await modems.add_own("main", SERIAL)
    assert await modems.lease("main", "north", START, START + MINUTE)
    assert await modems.lease("main", "south", START + MINUTE / 2, START + HOUR) is None
    assert await modems.renew(modem, "north", START + 2 * MINUTE)
    assert not await modems.renew(modem, "south", START + HOUR)
    assert await modems.lease("main", "south", START + MINUTE, START + HOUR) is None
    assert await modems.lease("main", "south", START + 2 * MINUTE, START + HOUR)


async def test_a_former_holder_can_neither_renew_nor_release(store: Database) -> None:
    modems = Modems(store)
    await modems.add_pool("main")
    modem = await modems.add_own("main", SERIAL)
    await modems.lease("main", "north", START, START + MINUTE)
    await modems.lease("main", "south", START + MINUTE, START + HOUR)
    assert not await modems.renew(modem, "north", START + DAY)
    await modems.release(modem, "north", failures=5, fault="no answer")
    assert await modems.lease("main", "north", START + 2 * MINUTE, START + HOUR) is None
    assert await modems.renew(modem, "south", START + HOUR)
    await modems.release(modem, "south")
    assert not await modems.renew(modem, "south", START + HOUR)


async def test_a_modem_that_failed_rests_and_says_why(store: Database) -> None:
    modems = Modems(store)
    await modems.add_pool("main")
    modem = await modems.add_own("main", SERIAL)
    await modems.lease("main", "north", START, START + HOUR)
    await modems.release(modem, "north", rest_until=START + HOUR, failures=2, fault="The SIM is missing.")
    assert await modems.lease("main", "north", START + MINUTE, START + DAY) is None
    (resting,) = await modems.resting("main")
    assert (resting.url, resting.fault, resting.rest_until) == (SERIAL, "The SIM is missing.", START + HOUR)
    leased = await modems.lease("main", "north", START + HOUR, START + DAY)
    assert leased is not None and leased.failures == 2
    assert await modems.resting("main") == []


async def test_what_a_modem_says_of_itself_is_kept_when_it_is_released(store: Database) -> None:
    modems = Modems(store)
    await modems.add_pool("main")
    modem = await modems.add_own("main", SERIAL, phone=NUMBER)
    said = ModemIdentity(imei=IMEI, iccid="8999701", imsi="401011", maker="Cinterion", model="MC35i")
    for identity in (said, ModemIdentity(firmware="2.0")):
        await modems.lease("main", "north", START, START + HOUR)
        await modems.release(modem, "north", identity=identity, last_contact_at=START)
    stored = await modems.modem(modem)
    assert stored is not None
    assert (stored.imei, stored.iccid, stored.imsi, stored.maker, stored.model, stored.firmware) == (
        IMEI, "8999701", "401011", "Cinterion", "MC35i", "2.0",
    )  # fmt: skip
    assert (stored.phone, stored.last_contact_at) == (NUMBER, START)


async def test_a_collectors_own_pool_is_for_that_collector(store: Database) -> None:
    modems = Modems(store)
    await modems.add_pool("yard", "north")
    await modems.add_own("yard", SERIAL)
    assert await modems.lease("yard", "south", START, START + HOUR) is None
    assert await modems.lease("yard", "north", START, START + HOUR)


async def test_a_called_line_belongs_to_its_pool(store: Database) -> None:
    registry, modems = Registry(store), Modems(store)
    with pytest.raises(ConfigurationError, match="'main'"):
        await registry.add_line(f"csd:{NUMBER}?pool=main", NUMBER, pool="main")
    assert await registry.lines() == []
    await modems.add_pool("main")
    line = await registry.add_line(f"csd:{NUMBER}?pool=main", NUMBER, pool="main")
    assert await registry.add_line(f"csd:{NUMBER}?pool=main", NUMBER, pool="main") == line
    assert await registry.line(line) == Line(line, f"csd:{NUMBER}?pool=main", None, "main", "pool:main")
    (modem,) = await modems.list()
    assert (modem.kind, modem.identity, modem.phone, modem.line_id) == ("remote", NUMBER, NUMBER, line)
    assert modem.state is ModemState.ON_DEMAND


async def test_the_queue_of_an_inbound_line_is_the_live_collector_that_holds_its_modem(
    store: Database,
) -> None:
    registry, modems, line = Registry(store), Modems(store), await inbound_line(store)
    await live(store, "north")
    assert [one.queue for one in await registry.lines()] == [None]
    await modems.hold([(line.modem_id, "10.1.1.1:50000")], "north", START)
    assert [one.queue for one in await registry.lines()] == ["north"]
    modem = await modems.modem(line.modem_id)
    assert modem is not None
    assert (modem.state, modem.held_by, modem.held_since) == (ModemState.CONNECTED, "north", START)
    assert (modem.address, modem.last_contact_at) == ("10.1.1.1:50000", START)


async def test_a_modem_that_a_dead_collector_held_is_away(store: Database) -> None:
    registry, modems, line = Registry(store), Modems(store), await inbound_line(store)
    await live(store, "north")
    await modems.hold([(line.modem_id, "10.1.1.1:50000")], "north", START)
    await Collectors(store).leave("north", UUID(int=1))
    assert [one.queue for one in await registry.lines()] == [None]
    assert [modem.state for modem in await modems.list()] == [ModemState.AWAY]


async def test_the_newest_connection_wins_and_the_former_holder_lets_go_in_vain(store: Database) -> None:
    registry, modems, line = Registry(store), Modems(store), await inbound_line(store)
    await live(store, "north", "south")
    await modems.hold([(line.modem_id, "10.1.1.1:50000")], "north", START)
    await modems.hold([(line.modem_id, "10.1.1.2:50000")], "south", START + HOUR)
    await modems.let_go([line.modem_id], "north")
    await modems.let_go_all("north")
    assert [one.queue for one in await registry.lines()] == ["south"]
    modem = await modems.modem(line.modem_id)
    assert modem is not None
    assert (modem.held_by, modem.held_since, modem.address) == ("south", START + HOUR, "10.1.1.2:50000")
    await modems.let_go([line.modem_id], "south")
    modem = await modems.modem(line.modem_id)
    assert modem is not None
    assert (modem.held_by, modem.held_since, modem.state) == (None, None, ModemState.AWAY)


async def test_a_collector_that_starts_anew_holds_nothing(store: Database) -> None:
    modems, lines = Modems(store), [await inbound_line(store, f"meter-{n}") for n in range(3)]
    await modems.hold([(line.modem_id, "10.1.1.1:50000") for line in lines[:2]], "north", START)
    await modems.hold([(lines[2].modem_id, "10.1.1.1:50000")], "south", START)
    await modems.let_go_all("north")
    assert [modem.held_by for modem in await modems.list()] == [None, None, "south"]


async def test_a_modem_is_described_line_by_line(store: Database) -> None:
    registry, modems = Registry(store), Modems(store)
    line = await registry.add_line("tcp://10.0.0.1:4001", "10.0.0.1:4001")
    assert await modems.list() == []
    modem = await modems.describe(line, site="Школа № 5", phone=NUMBER, allowance=1000, month_starts_on=15)
    assert await modems.describe(line, iccid="8999701", allowance=2000) == modem
    stored = await modems.modem(modem)
    assert stored is not None
    assert (stored.site, stored.phone, stored.iccid) == ("Школа № 5", NUMBER, "8999701")
    assert (stored.allowance, stored.month_starts_on, stored.state) == (2000, 1, ModemState.ON_DEMAND)
    with pytest.raises(ConfigurationError, match="Line 77"):
        await modems.describe(77)
    with pytest.raises(ConfigurationError, match="day 31"):
        await modems.describe(line, month_starts_on=31)


async def test_modems_are_found_by_kind_and_by_words(store: Database) -> None:
    modems = Modems(store)
    await modems.add_pool("main")
    own = await modems.add_own("main", SERIAL, site="Диспетчерская")
    remote = (await inbound_line(store)).modem_id
    assert [modem.id for modem in await modems.list()] == [own, remote]
    assert [modem.id for modem in await modems.list(after=own)] == [remote]
    assert [modem.id for modem in await modems.list(limit=1)] == [own]
    assert [modem.id for modem in await modems.list(kind=ModemKind.REMOTE)] == [remote]
    assert [modem.id for modem in await modems.list(search="ДИСПЕТЧ")] == [own]
    assert [modem.id for modem in await modems.list(search=IMEI[3:9])] == [remote]
    assert await modems.list(search="100%") == []
    assert await modems.modem(77) is None


async def test_five_thousand_contacts_are_one_batch(store: Database) -> None:
    registry, modems = Registry(store), Modems(store)
    for number in range(50):
        await registry.add_line(f"inbound:meter-{number}", f"meter-{number}")
    ids = [line.modem_id for line in await modems.inbound_lines()]
    contacts = [Contact(ids[n % 50], START + n * MINUTE, sent=n, received=2 * n) for n in range(5000)]
    await modems.heard(contacts)
    for place in (0, 17, 49):
        mine = range(place, 5000, 50)
        by_day: dict[date, int] = {}
        for n in mine:
            day = (START + n * MINUTE).date()
            by_day[day] = by_day.get(day, 0) + n
        days = await modems.traffic(ids[place], date(2026, 1, 1), date(2027, 1, 1))
        assert days == [DayTraffic(day, sent, 2 * sent) for day, sent in by_day.items() if sent]
        modem = await modems.modem(ids[place])
        assert modem is not None and modem.last_contact_at == START + mine[-1] * MINUTE


async def test_what_was_learned_last_stands_whatever_the_order_of_the_batch(store: Database) -> None:
    modems, line = Modems(store), await inbound_line(store)
    await modems.heard(
        [
            Contact(line.modem_id, START + HOUR, identity=ModemIdentity(iccid="new")),
            Contact(line.modem_id, START, identity=ModemIdentity(iccid="old", model="ATM21")),
        ]
    )
    await modems.heard([Contact(line.modem_id, START, sent=5, received=0), Contact(line.modem_id, START)])
    await modems.heard([])
    modem = await modems.modem(line.modem_id)
    assert modem is not None
    assert (modem.iccid, modem.model, modem.last_contact_at) == ("new", "ATM21", START + HOUR)
    assert await modems.traffic(line.modem_id, date(2026, 1, 1), date(2026, 1, 2)) == [
        DayTraffic(date(2026, 1, 1), 5, 0)
    ]


@pytest.mark.parametrize(
    ("starts_on", "today", "start", "end"),
    [
        (1, date(2026, 3, 31), date(2026, 3, 1), date(2026, 4, 1)),
        (15, date(2026, 3, 14), date(2026, 2, 15), date(2026, 3, 15)),
        (15, date(2026, 3, 15), date(2026, 3, 15), date(2026, 4, 15)),
        (28, date(2026, 1, 27), date(2025, 12, 28), date(2026, 1, 28)),
        (28, date(2026, 2, 28), date(2026, 2, 28), date(2026, 3, 28)),
    ],
    ids=["first day", "before the start", "on the start", "over new year", "short month"],
)
async def test_a_sims_month_is_that_of_its_plan(
    database: Database, starts_on: int, today: date, start: date, end: date
) -> None:
    modems, line = Modems(database), await inbound_line(database)
    await modems.describe(line.line_id, allowance=10, month_starts_on=starts_on)
    for day in (start - timedelta(days=1), start, end - timedelta(days=1), end):
        at = START + (day - START.date())
        await modems.heard([Contact(line.modem_id, at, sent=1, received=3)])
    assert await modems.month_traffic(line.modem_id, today) == MonthTraffic(start, end, 2, 6, 10)
    assert await modems.month_traffic(77, today) is None


async def test_a_collectors_name_is_one_process(store: Database) -> None:
    collectors, first, second = Collectors(store), UUID(int=11), UUID(int=12)
    assert await collectors.claim("west", first, HOUR)
    assert await collectors.claim("west", first, HOUR), "its own claim is renewed"
    assert not await collectors.claim("west", second, HOUR)
    assert await collectors.claim("west", first, 0 * HOUR)
    assert await collectors.claim("west", second, HOUR), "the first one is dead"
    assert not await collectors.claim("west", first, HOUR)
    await collectors.leave("west", first)
    assert not await collectors.claim("west", first, HOUR), "not its name any more"
    await collectors.leave("west", second)
    assert await collectors.claim("west", first, HOUR)
