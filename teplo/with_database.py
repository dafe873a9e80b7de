"""What a command does with the database: on connections of its own, in somebody's name."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from storage.pool import Database, acting
from teplo.operators import system_user
from teplo.settings import settings_with_database

T = TypeVar("T")


def with_database(work: Callable[[Database], Awaitable[T]], by: str = "") -> T:
    """What `work` gives; ConfigurationError when no database is named.

    The registry's journal names `by`; where a command does not ask for a name, the user of this system.
    """

    async def named() -> T:
        acting(by or system_user())
        async with Database(settings_with_database().database_url) as database:
            return await work(database)

    return asyncio.run(named())
