"""Levels of the simulated cell against its truth; what modems make of them (3GPP 27.007, 8.5, 8.69)."""

from __future__ import annotations

import statistics

import pytest

from metering.signals import RadioTechnology
from simulators.gsm.cell import Cell, bit_errors, cesq, csq

INDEPENDENT = 2.0
"""Levels of a cell of coherence 1 that are so far apart have nothing to do with each other."""

CSQ_TABLE = {-120: 0, -113: 0, -111: 1, -109: 2, -91: 11, -85: 14, -75: 19, -53: 30, -51: 31, -40: 31}
"""Of the table in section 3.1 of the modem reference."""

BINS = [
    (RadioTechnology.GSM, 0, -112.0, 0),
    (RadioTechnology.GSM, 0, -110.0, 1),
    (RadioTechnology.GSM, 0, -74.6, 36),
    (RadioTechnology.GSM, 0, -48.0, 63),
    (RadioTechnology.GSM, 0, -30.0, 63),
    (RadioTechnology.UMTS, 2, -121.0, 0),
    (RadioTechnology.UMTS, 2, -90.5, 30),
    (RadioTechnology.UMTS, 2, -20.0, 96),
]
"""Technology, field of +CESQ, level, value: lower bounds -111 + n and -121 + n dBm of section 3.2."""


@pytest.mark.parametrize(("level", "rssi"), CSQ_TABLE.items())
def test_csq_counts_in_steps_of_two_decibels(level: float, rssi: int) -> None:
    assert csq(level) == rssi


def test_no_level_is_99() -> None:
    assert (csq(None), bit_errors(None)) == (99, 99)
    assert cesq(None, RadioTechnology.LTE) == (99, 99, 255, 255, 255, 255)


@pytest.mark.parametrize(("technology", "field", "level", "value"), BINS)
def test_cesq_counts_in_bins_of_one_decibel(
    technology: RadioTechnology, field: int, level: float, value: int
) -> None:
    assert cesq(level, technology)[field] == value


def test_cesq_knows_the_fields_of_one_technology() -> None:
    assert cesq(-75.0, RadioTechnology.GSM)[1:] == (99, 255, 255, 255, 255)
    assert cesq(-75.0, RadioTechnology.UMTS)[4:] == (255, 255)
    rxlev, _, rscp, ecno, rsrq, rsrp = cesq(-75.0, RadioTechnology.LTE)
    assert (rxlev, rscp, ecno) == (99, 255, 255)
    assert rsrp - 141 <= -75.0 - 27.8 < rsrp - 140, "600 subcarriers share the power: 10 lg 600 = 27.8"
    assert rsrq / 2 - 20 <= 10 * 1.699 - 27.8 < rsrq / 2 - 19.5, "50 blocks: 10 lg 50 = 17.0"


def test_a_weaker_signal_has_more_bit_errors() -> None:
    classes = [bit_errors(level) for level in range(-60, -120, -1)]
    assert classes == sorted(classes)
    assert {classes[0], classes[-1]} == {0, 7}


def test_the_same_seed_and_time_give_the_same_level() -> None:
    times = [0.0, 0.3, 17.25, 86_400.5]
    assert [Cell(7).level(at) for at in times] == [Cell(7).level(at) for at in reversed(times)][::-1]
    assert Cell(7).level(5.0) != Cell(8).level(5.0)


@pytest.mark.parametrize("offset", [0.0, 0.5, 0.77], ids=lambda offset: f"{offset} of a step")
def test_levels_are_distributed_as_the_truth_says(offset: float) -> None:
    """A mean of 2000 errs by sigma/45, a standard deviation by sigma/63; four times that is allowed."""
    cell = Cell(3, mean=-88.0, fading=5.0)
    levels = [level for step in range(2000) if (level := cell.level(INDEPENDENT * step + offset)) is not None]
    assert len(levels) == 2000
    assert statistics.fmean(levels) == pytest.approx(cell.truth.mean, abs=4 * 5.0 / 45)
    assert statistics.stdev(levels) == pytest.approx(cell.truth.sigma, abs=4 * 5.0 / 63)
    below = sum(level < cell.truth.quantile(0.1) for level in levels)
    assert below == pytest.approx(200, abs=4 * (2000 * 0.1 * 0.9) ** 0.5)


def test_the_level_moves_slowly_within_the_coherence() -> None:
    cell = Cell(3, fading=5.0, coherence=60.0)
    steps = [abs((cell.level(at + 1.0) or 0.0) - (cell.level(at) or 0.0)) for at in range(600)]
    assert max(steps) < 2.0


def test_outages_take_their_share_of_the_time() -> None:
    cell = Cell(4, outage=0.2, outage_length=3.0)
    silent = sum(cell.level(3.0 * step) is None for step in range(2000))
    assert silent == pytest.approx(2000 * cell.truth.outage, abs=4 * (2000 * 0.2 * 0.8) ** 0.5)


def test_a_quantile_is_that_of_the_normal_distribution() -> None:
    """The lower decile lies 1.2816 standard deviations below the mean."""
    assert Cell(mean=-80.0, fading=4.0).truth.quantile(0.1) == pytest.approx(-80.0 - 1.2816 * 4.0, abs=0.001)
