"""How the street and the house are told apart in an address, as registers write them."""

from __future__ import annotations

import pytest

from metering.report_rows import street_and_house

ADDRESSES = {
    "ул. Абая, д. 5, корп. 2": ("ул. Абая", "д. 5, корп. 2"),
    "ул. Абая, дом 5 кв. 7": ("ул. Абая", "дом 5 кв. 7"),
    "пр. Абая 150/230": ("пр. Абая", "150/230"),
    "мкр. 8, д. 12А": ("мкр. 8", "д. 12А"),
    "мкр. 8": ("мкр. 8", ""),
    "мкр. Самал-2, 33": ("мкр. Самал-2", "33"),
    "ул. 8 Марта, 12": ("ул. 8 Марта", "12"),
    "ул. К. Маркса, 10 стр. 1": ("ул. К. Маркса", "10 стр. 1"),
    "Abai 12": ("Abai", "12"),
    "12 Abai street": ("Abai street", "12"),
    "д. 5 кв. 7": ("", "д. 5 кв. 7"),
    "Насосная станция": ("Насосная станция", ""),
    "": ("", ""),
}


@pytest.mark.parametrize(("address", "parts"), ADDRESSES.items(), ids=lambda value: str(value)[:30] or "none")
def test_an_address_has_a_street_and_a_house(address: str, parts: tuple[str, str]) -> None:
    assert street_and_house(address) == parts
