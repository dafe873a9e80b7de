"""Modems: our own ones in their pools, each leased for one call at a time, and those at the meters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from metering.errors import ConfigurationError, ReadingConflict
from metering.modems import ModemIdentity
from storage import sql, traffic
from storage.modem_rows import (
    Contact,
    InboundLine,
    LeasedModem,
    Modem,
    ModemKind,
    ModemState,
    PoolSize,
    RestingModem,
)
from storage.pool import Database
from storage.traffic import Carried, DayTraffic, MonthTraffic

_SQL = sql.statements("modems")
_PARTICULARS: Final = ("imei", "iccid", "imsi", "maker", "model", "firmware", "phone")
"""The columns that a modem's own words fill, in the order in which the statements take them."""

_LAST_START: Final = 28
_MOST_BYTES: Final = 2**63 - 1


class Modems:
    """Adding is idempotent by URL or line. What is learned replaces what was known; "" never does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_pool(self, name: str, collector: str | None = None) -> None:
        """`collector`: the only one that reaches its modems, because they hang on its serial ports."""
        await self._database.rows(_SQL["add_pool"], name, collector)

    async def add_own(
        self,
        pool: str,
        url: str,
        *,
        pin: str = "",
        site: str = "",
        phone: str = "",
        allowance: int | None = None,
        month_starts_on: int = 1,
    ) -> int:
        """The id of our modem with this URL; ConfigurationError when there is no such pool."""
        _check_plan(allowance, month_starts_on)
        particulars = (pin, site, phone, allowance, month_starts_on)
        try:
            return int(await self._database.value(_SQL["add_own"], pool, url, *particulars))
        except ReadingConflict as error:
            raise ConfigurationError(
                f"The modem {url} cannot be put into the pool {pool!r}: there is no such pool. Add the pool "
                f"first. ({error})"
            ) from error

    async def describe(
        self,
        line_id: int,
        *,
        site: str = "",
        phone: str = "",
        imei: str = "",
        iccid: str = "",
        operator: str = "",
        allowance: int | None = None,
        month_starts_on: int = 1,
    ) -> int:
        """The id of the modem at the far end of the line, which is made where the line has none.

        The SIM's plan is taken as given; of the rest "" leaves what is known. ConfigurationError when the
        line is not registered.
        """
        _check_plan(allowance, month_starts_on)
        words = (site, phone, imei, iccid, operator)
        modem = await self._database.value(_SQL["describe"], line_id, *words, allowance, month_starts_on)
        if modem is None:
            raise ConfigurationError(f"Line {line_id} is not registered; register it before its modem.")
        return int(modem)

    async def pools(self) -> list[PoolSize]:
        """Every pool by name, empty ones included."""
        return [PoolSize(**row) for row in await self._database.rows(_SQL["pools"])]

    async def time(self) -> datetime:
        """By the database's clock: collectors' own ones may differ."""
        at: datetime = await self._database.value(_SQL["time"])
        return at

    async def lease(self, pool: str, collector: str, now: datetime, until: datetime) -> LeasedModem | None:
        """The modem of the pool that was not used for longest, for the caller alone until `until`.

        None when each is leased or rests, or another collector's. A lease that has run out is taken over.
        """
        row = await self._database.row(_SQL["lease"], pool, collector, now, until)
        return LeasedModem(**row) if row else None

    async def renew(self, modem_id: int, collector: str, until: datetime) -> bool:
        """Whether the lease is still the caller's; if so it ends at `until`."""
        return await self._database.value(_SQL["renew"], modem_id, collector, until) is not None

    async def release(
        self,
        modem_id: int,
        collector: str,
        *,
        rest_until: datetime | None = None,
        failures: int = 0,
        fault: str = "",
        identity: ModemIdentity | None = None,
        last_contact_at: datetime | None = None,
        pin_refused: bool = False,
    ) -> None:
        """Ends the caller's lease, with what was learned; another one's lease of the modem stays as it is.

        A PIN that was refused is lent to nobody any more; another one has to be entered.
        """
        state = (rest_until, failures, fault, last_contact_at)
        await self._database.rows(
            _SQL["release"], modem_id, collector, *state, *_words(identity or ModemIdentity()), pin_refused
        )

    async def resting(self, pool: str) -> list[RestingModem]:
        """The pool's modems that were put to rest and not used since, soonest back first."""
        return [RestingModem(**row) for row in await self._database.rows(_SQL["resting"], pool)]

    async def list(
        self, after: int = 0, limit: int = 100, kind: ModemKind | None = None, search: str = ""
    ) -> list[Modem]:
        """A page by id; `search` is part of an identity, number, address or site, in any case."""
        rows = await self._database.rows(_SQL["list"], after, limit, kind, search, None)
        return [_modem(row) for row in rows]

    async def modem(self, modem_id: int) -> Modem | None:
        row = await self._database.row(_SQL["list"], 0, 1, None, "", modem_id)
        return _modem(row) if row else None

    async def inbound_lines(self) -> Sequence[InboundLine]:
        """Every line whose modem connects to us."""
        return [InboundLine(**row) for row in await self._database.rows(_SQL["inbound_lines"])]

    async def hold(self, connected: Iterable[tuple[int, str]], collector: str, now: datetime) -> None:
        """These modems, each with its network address, are connected to this collector now, to no other."""
        addresses = dict(connected)
        async with self._database.transaction() as connection:
            await connection.execute(_SQL["lock"], list(addresses))
            await connection.execute(_SQL["hold"], list(addresses), list(addresses.values()), collector, now)

    async def let_go(self, modem_ids: Iterable[int], collector: str) -> None:
        """These modems are not connected to this collector any more; those that others hold stay theirs."""
        await self._database.rows(_SQL["let_go"], collector, list(modem_ids))

    async def let_go_all(self, collector: str) -> None:
        """No modem is connected to this collector: it starts or stops."""
        await self._database.rows(_SQL["let_go"], collector, None)

    async def heard(self, contacts: Sequence[Contact], batch: UUID | None = None) -> None:
        """Stores a batch: the last contact, what was learned, and the bytes added to their day.

        The same `batch` again changes nothing, for two months.
        """
        learned = _learned(contacts)
        columns = [[row[place] for row in learned.values()] for place in range(1 + len(_PARTICULARS))]
        async with self._database.transaction() as connection:
            if batch and await connection.fetchval(_SQL["begin_batch"], batch) is None:
                return
            # Two collectors that heard the same modems wait for each other instead of locking crosswise.
            await connection.execute(_SQL["lock"], list(learned))
            await connection.execute(_SQL["learn"], list(learned), *columns)
            await traffic.add(
                connection, [Carried(one.modem_id, one.at, one.sent, one.received) for one in contacts]
            )

    async def traffic(self, modem_id: int, since: date, until: date) -> Sequence[DayTraffic]:
        """The UTC days of [since, until) on which anything was carried, oldest first."""
        return await traffic.days(self._database, modem_id, since, until)

    async def month_traffic(self, modem_id: int, today: date) -> MonthTraffic | None:
        """The month of the SIM's plan in which this day lies; None when there is no such modem."""
        return await traffic.month(self._database, modem_id, today)


def _check_plan(allowance: int | None, month_starts_on: int) -> None:
    """Before the database does: it would show the whole row, with its PIN, to say what is wrong."""
    if not 1 <= month_starts_on <= _LAST_START or not 0 <= (allowance or 0) <= _MOST_BYTES:
        raise ConfigurationError(
            f"A SIM's plan of {allowance} bytes from day {month_starts_on} of the month cannot be: its month "
            f"starts on day 1 to {_LAST_START} and allows 0 to {_MOST_BYTES} bytes."
        )


def _modem(row: Any) -> Modem:
    columns = dict(row)
    kind, state = ModemKind(columns.pop("kind")), ModemState(columns.pop("state"))
    return Modem(**columns, kind=kind, state=state)


def _words(identity: ModemIdentity) -> tuple[str, ...]:
    return tuple(getattr(identity, name) for name in _PARTICULARS)


def _learned(contacts: Iterable[Contact]) -> dict[int, tuple[datetime, *tuple[str, ...]]]:
    """By modem, its latest contact and the last of each particular that it said."""
    learned: dict[int, tuple[datetime, *tuple[str, ...]]] = {}
    for one in sorted(contacts, key=lambda contact: contact.at):
        _, *known = learned.get(one.modem_id, (one.at, *_words(ModemIdentity())))
        said = _words(one.identity or ModemIdentity())
        learned[one.modem_id] = (one.at, *(new or old for new, old in zip(said, known, strict=True)))
    return learned
