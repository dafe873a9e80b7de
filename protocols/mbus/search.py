"""Finding the meters of a line: every primary address, or a walk over secondary addresses (m-bus.md 3.3).

The walk fixes the identification digit by digit, the rest wildcards. Where several meters answer at once it
goes one digit deeper; where all digits are equal it goes on over manufacturer, medium and version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from metering.errors import DecodeError, ExchangeError, FrameError, MeterError, NoResponse
from protocols.conversation import Conversation
from protocols.mbus.addressing import ANY, ANY_BYTE, Address, Primary, Secondary
from protocols.mbus.dialogue import deselect, request, reset_link, select
from protocols.mbus.frames import FCB
from protocols.mbus.records import Header

Progress = Callable[[int, int, int], None]
"""Called with what is done, what there is in all, and the number of meters found."""

DECIMAL: Final = "0123456789"
HEXADECIMAL: Final = "0123456789ABCDE"
"""Some meters carry letters in their identification; F is the wildcard."""

DIGITS: Final = 8
PROBES: Final = 2
"""Tries of one question: a lost byte must not hide a meter, and silence is the usual answer."""
ALL_PRIMARY: Final = range(251)
SUSPICIOUS: Final = 16
"""So many probes in a row with nothing but garbage are no collisions: the line itself is noisy.

Two meters alike but for their version collide eleven times in a row: 8 digits, maker, medium, version.
"""

MAKERS: Final = (
    *("KAM", "LUG", "HYD", "DME", "SEN", "ACW", "SLB", "DFS", "AXI", "ZRI", "ZRM", "SON", "EFE"),
    *("SVM", "GWF", "APA", "IST", "AMT", "ELS", "TCH", "ITW", "QDS", "REL", "INV", "ELV"),
)
"""Makers of heat meters, to tell meters of one identification apart."""

MEDIA: Final = (0x04, 0x0C, 0x0D, 0x0A, 0x0B, 0x06, 0x07, 0x15, 0x16, 0x02, 0x03, 0x00)
"""Heat and cold first, then what else hangs on such lines."""


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody at this address. `header` is None where the answer could not be read: `collision` says why."""

    address: Address
    header: Header | None
    collision: bool = False


def no_progress(done: int, total: int, found: int) -> None:
    """For those who do not watch."""


def scan_primary(
    numbers: Sequence[int] = ALL_PRIMARY, progress: Progress = no_progress
) -> Conversation[tuple[Found, ...]]:
    """Every address that answers. FrameError: garbage at address after address, so it is noise or echo."""
    found: list[Found] = []
    noise = _NoiseAlarm()
    for done, number in enumerate(numbers, start=1):
        somebody = noise.checked((yield from _probe(Primary(number), reset_link(number, PROBES))))
        if somebody:
            found.append(somebody)
        progress(done, len(numbers), len(found))
    return tuple(found)


def search_secondary(
    digits: str = DECIMAL, progress: Progress = no_progress
) -> Conversation[tuple[Found, ...]]:
    """Every meter by its full secondary address; what is left of a collision is reported as one.

    FrameError: nothing but garbage, so it is noise or echo.
    """
    return (yield from _Walk(digits, progress).run())


class _NoiseAlarm:
    """Counts collisions in a row."""

    def __init__(self) -> None:
        self._garbled = 0

    def checked(self, somebody: Found | None) -> Found | None:
        self._garbled = self._garbled + 1 if somebody and somebody.collision else 0
        if self._garbled == SUSPICIOUS:
            raise FrameError(
                f"{SUSPICIOUS} answers in a row were garbage: noise, a converter's echo, or a wrong baud "
                "rate or parity. Check the line before searching it."
            )
        return somebody


class _Walk:
    """One search: the walk over prefixes, what it found, and how much of all identifications is behind it."""

    def __init__(self, digits: str, progress: Progress) -> None:
        self._digits = digits
        self._progress = progress
        self._found: list[Found] = []
        self._done = 0
        self._noise = _NoiseAlarm()

    def run(self) -> Conversation[tuple[Found, ...]]:
        yield from self._below("")
        yield from deselect()
        return tuple(self._found)

    def _below(self, prefix: str) -> Conversation[None]:
        for digit in self._digits:
            yield from self._at(prefix + digit)

    def _at(self, prefix: str) -> Conversation[None]:
        somebody = yield from self._probe(Secondary(prefix.ljust(DIGITS, ANY)))
        if somebody and somebody.collision and len(prefix) < DIGITS:
            yield from self._below(prefix)
            return
        if somebody and somebody.collision:
            self._found.extend((yield from self._same_identification(prefix)))
        elif somebody:
            self._found.append(somebody)
        self._done += len(self._digits) ** (DIGITS - len(prefix))
        self._progress(self._done, len(self._digits) ** DIGITS, len(self._found))

    def _same_identification(self, identification: str) -> Conversation[list[Found]]:
        """Meters that differ only behind the identification: values already seen are tried first."""
        seen = [found.header for found in self._found if found.header]
        makers = dict.fromkeys([*(header.manufacturer for header in seen), *MAKERS])
        media = dict.fromkeys([*(header.medium for header in seen), *MEDIA])
        parts = (_makers(makers), _media(media), _versions)
        return (yield from self._part_by_part(Secondary(identification), parts))

    def _part_by_part(self, address: Secondary, parts: Sequence[Part]) -> Conversation[list[Found]]:
        """Go on over the first of these parts; a collision goes on over the next, the last stays reported."""
        found: list[Found] = []
        for narrower in parts[0](address) if parts else ():
            somebody = yield from self._probe(narrower)
            if somebody and somebody.collision:
                found.extend((yield from self._part_by_part(narrower, parts[1:])))
            elif somebody:
                found.append(somebody)
        explained = len(found) > 1 or any(each.collision for each in found)
        return found if explained else [*found, Found(address, None, collision=True)]

    def _probe(self, address: Secondary) -> Conversation[Found | None]:
        found = self._noise.checked((yield from _probe(address, select(address, PROBES))))
        if found:
            yield from deselect()
        return found


Part = Callable[[Secondary], Iterator[Secondary]]
"""Replaces one wildcard by each of its values."""


def _makers(makers: Iterable[str]) -> Part:
    return lambda address: (replace(address, manufacturer=maker) for maker in makers)


def _media(media: Iterable[int]) -> Part:
    return lambda address: (replace(address, medium=medium) for medium in media)


def _versions(address: Secondary) -> Iterator[Secondary]:
    return (replace(address, version=version) for version in range(ANY_BYTE))


def _probe(address: Address, call: Conversation[None]) -> Conversation[Found | None]:
    """Silence means that nobody is there; several acknowledgements at once may be garbled."""
    try:
        yield from call
    except NoResponse:
        return None
    except FrameError:
        pass
    return (yield from _heard(address))


def _heard(address: Address) -> Conversation[Found]:
    """Who answers a request; what cannot be read is taken for several answers at once."""
    try:
        telegram = yield from request(address, FCB, PROBES)
    except ExchangeError:
        return Found(address, None, collision=True)
    except (MeterError, DecodeError):
        return Found(address, None)
    return Found(_full(address, telegram.header), telegram.header)


def _full(address: Address, header: Header) -> Address:
    """A secondary address without wildcards, as far as the meter says who it is."""
    if isinstance(address, Primary) or not header.identification:
        return address
    maker = header.manufacturer if header.manufacturer.isalpha() else None
    return Secondary(header.identification, maker, header.version, header.medium)
