"""What commands set in a modem: all of it in one record, so that a profile is a copy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

ESCAPE, WAIT, GUARD = 2, 7, 12
"""S registers: escape character, wait for a connection (s), escape guard (1/50 s)."""

_FACTORY_REGISTERS: Final = {0: 0, 2: 43, 3: 13, 4: 10, 5: 8, 6: 2, 7: 60, 8: 2, 10: 50, 12: 50}


@dataclass(slots=True)
class Settings:
    """Numbers as the commands give them: E, V, Q, X, &D, +CMEE, +CREG, +CR, +CBST and the S registers."""

    echo: int = 1
    verbose: int = 1
    quiet: int = 0
    extended: int = 4
    terminal_ready: int = 2
    errors: int = 0
    registration: int = 0
    service_report: int = 0
    bearer: tuple[int, ...] = (71, 0, 1)
    registers: dict[int, int] = field(default_factory=_FACTORY_REGISTERS.copy)

    @property
    def guard(self) -> float:
        """The escape guard time in seconds."""
        return self.registers[GUARD] / 50
