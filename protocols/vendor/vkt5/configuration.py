"""The configuration of a VKT-5: what each pipe is, and the firmware on which answers depend (section 3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Self

from metering.errors import DecodeError

PIPES: Final = 8
INPUTS: Final = 8
PIPE_SIZE: Final = 7

Firmware = tuple[int, int]
"""Version and revision; 0.0 when the meter does not tell."""

LONGER_ANSWERS: Final[Firmware] = (6, 0)
HAS_REQUISITES: Final[Firmware] = (4, 0)
UNKNOWN: Final[Firmware] = (0, 0)

_PURPOSES: Final = ("supply", "return", "hot_water", "make_up", "electricity", "cold_water")
CONTRACT: Final = "contract"
_PRESSURES: Final = ("none", "absolute", "gauge", CONTRACT)
_TEMPERATURES: Final = ("none", "measured", CONTRACT)
_OTHER: Final = "other"
_MEDIA: Final = ("saturated_steam", "superheated_steam", "water", "electricity")


@dataclass(frozen=True, slots=True)
class Pipe:
    """One pipe of a heat input, in words; `other` stands where the document has no word."""

    input: int
    purpose: str
    pressure: str
    temperature: str
    medium: str

    @classmethod
    def parse(cls, written: str) -> Self:
        """A pipe as a setting holds it."""
        words = written.split()
        if len(words) != len(cls.__slots__) or not words[0].isdecimal():
            raise DecodeError(f"{written!r} describes no pipe: read the meter's configuration again.")
        return cls(int(words[0]), *words[1:])

    def __str__(self) -> str:
        return f"{self.input} {self.purpose} {self.pressure} {self.temperature} {self.medium}"


def settings_of(data: bytes) -> Mapping[str, str]:
    """The settings `pipe_1` to `pipe_8` of an answer; a pipe that is not used has none."""
    if len(data) < PIPES * PIPE_SIZE:
        raise DecodeError(f"A configuration of {len(data)} bytes does not describe eight pipes.")
    return dict(_settings(data))


def pipes_by_input(settings: Mapping[str, str]) -> Mapping[int, tuple[Pipe, ...]]:
    """The pipes of every heat input that has any, in the order of their numbers."""
    written = (settings.get(f"pipe_{number}") for number in range(1, PIPES + 1))
    pipes = [Pipe.parse(each) for each in written if each]
    inputs = sorted({pipe.input for pipe in pipes})
    return {number: tuple(pipe for pipe in pipes if pipe.input == number) for number in inputs}


def firmware_of(data: bytes) -> Firmware:
    """The firmware of an answer: its low byte has the version in the low nibble, or version and revision."""
    if len(data) < 2:
        return UNKNOWN
    high, low = divmod(data[1], 16)
    return (high, low) if high else (low, 0)


def firmware_text(firmware: Firmware) -> str:
    return f"{firmware[0]}.{firmware[1]:02d}"


def firmware_in(settings: Mapping[str, str]) -> Firmware:
    """The firmware of a configuration."""
    version, _, revision = settings.get("firmware", "").partition(".")
    return (int(version), int(revision)) if version.isdecimal() and revision.isdecimal() else UNKNOWN


def _settings(data: bytes) -> Iterator[tuple[str, str]]:
    for number in range(PIPES):
        pipe = data[number * PIPE_SIZE : (number + 1) * PIPE_SIZE]
        if pipe[0]:
            yield f"pipe_{number + 1}", str(_pipe(pipe))


def _pipe(data: bytes) -> Pipe:
    """The additional temperature and the kind of the flow sensor are left out."""
    number, purpose, pressure, temperature, _, medium, _ = data
    if number > INPUTS:
        raise DecodeError(f"A pipe belongs to heat input {number}, which no VKT-5 has: it is damaged.")
    return Pipe(
        number,
        _word(_PURPOSES, purpose),
        _word(_PRESSURES, pressure),
        _word(_TEMPERATURES, temperature),
        _word(_MEDIA, medium),
    )


def _word(names: tuple[str, ...], number: int) -> str:
    return names[number] if number < len(names) else _OTHER
