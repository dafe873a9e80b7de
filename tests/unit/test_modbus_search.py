"""Who answers on an unknown line: a simulated model is known by its text, or by clock and serial number."""

from __future__ import annotations

import pytest

from metering.errors import DecodeError, NoResponse
from protocols.modbus import profile
from protocols.modbus.family import FAMILY
from protocols.modbus.messages import REPORT_ID
from protocols.modbus.search import ask
from simulators import modbus_meter
from tests.unit.modbus_house import SERIAL, Bench, simulated

ALIKE = {"karat-307": "karat-306", "karat-308": "karat-306"}
"""Models of one register map, which tell nobody which of them they are."""

WRITES = frozenset({0x05, 0x06, 0x0F, 0x10})


@pytest.mark.parametrize("model", profile.names())
def test_a_model_is_found_without_writing_anything(model: str) -> None:
    bench = Bench(simulated(model))
    found = bench.run(ask("1"))
    assert found.model == ALIKE.get(model, model)
    assert found.identity.serial == SERIAL
    assert not {request[1] for request in bench.asked} & WRITES
    assert len(bench.asked) <= 16


def test_silence_is_asked_twice_and_no_more() -> None:
    bench = Bench(None)
    with pytest.raises(NoResponse):
        bench.run(ask("1"))
    assert len(bench.asked) == 2
    assert bench.asked[0][1] == REPORT_ID


def test_a_stranger_is_called_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A meter that knows no register of ours."""
    stranger = profile.read(
        "\n".join(
            [
                'maker = "M"\ntitle = "T"\nmanual = "M"\nverification = "wire_log"',
                "[registers]\nlargest = 10",
                '[identity]\nserial = { function = 3, at = 1, type = "u32" }',
                '[clock]\nfunction = 3\nat = 9\nparts = ["unix"]',
                "[current]\nfunction = 3",
            ]
        ),
        "m-1",
    )
    monkeypatch.setattr(modbus_meter, "load", lambda model, choices: stranger)
    with pytest.raises(DecodeError, match="no known meter"):
        Bench(simulated("m-1")).run(ask("1"))


def test_the_family_offers_its_search() -> None:
    (search,) = FAMILY.search
    assert (search.lines[0].baud, search.lines[0].parity, search.addresses[0]) == (9600, "N", "1")
