"""Parts of a utility: what a key sees, and what a billing run is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Area:
    """What lies in these service centres and in these districts; None: in any."""

    service_centres: tuple[str, ...] | None = None
    districts: tuple[str, ...] | None = None

    @classmethod
    def of(cls, service_centre: str | None, district: str | None = None) -> Area:
        """One service centre, one district, or what lies in both."""
        return cls(*(None if name is None else (name,) for name in (service_centre, district)))

    @property
    def is_everything(self) -> bool:
        return self.service_centres is None and self.districts is None

    def holds(self, service_centre: str, district: str) -> bool:
        """Whether what is there lies in this area."""
        return _covers(self.service_centres, (service_centre,)) and _covers(self.districts, (district,))

    def covers(self, other: Area) -> bool:
        """Whether whatever lies in the other one lies in this one too."""
        return _covers(self.service_centres, other.service_centres) and _covers(
            self.districts, other.districts
        )

    def columns(self) -> tuple[list[str] | None, list[str] | None]:
        """Service centres and districts as two arguments of a statement."""
        return _listed(self.service_centres), _listed(self.districts)

    def __str__(self) -> str:
        named = (("service centres", self.service_centres), ("districts", self.districts))
        told = [f"{kind} {', '.join(names)}" for kind, names in named if names is not None]
        return " and ".join(told) or "everything"


EVERYWHERE: Final = Area()


def _covers(ours: tuple[str, ...] | None, theirs: tuple[str, ...] | None) -> bool:
    return ours is None or (theirs is not None and set(theirs) <= set(ours))


def _listed(names: tuple[str, ...] | None) -> list[str] | None:
    return None if names is None else list(names)
