"""Signal and registration codes against the tables of 3GPP 27.007, written down here a second time."""

from __future__ import annotations

from decimal import Decimal

import pytest

from metering.signals import RadioTechnology, Registration
from protocols.signal_codes import from_cesq, from_csq, registration_of, technology_of

CSQ = {
    0: -113, 1: -111, 2: -109, 3: -107, 4: -105, 5: -103, 6: -101, 7: -99, 8: -97, 9: -95, 10: -93,
    11: -91, 12: -89, 13: -87, 14: -85, 15: -83, 16: -81, 17: -79, 18: -77, 19: -75, 20: -73, 21: -71,
    22: -69, 23: -67, 24: -65, 25: -63, 26: -61, 27: -59, 28: -57, 29: -55, 30: -53, 31: -51,
}  # fmt: skip
NOTHING = (99, 99, 255, 255, 255, 255)


@pytest.mark.parametrize(("rssi", "level"), list(CSQ.items()), ids=[f"27.007 8.5 CSQ {rssi}" for rssi in CSQ])
def test_csq_in_dbm(rssi: int, level: int) -> None:
    report = from_csq(rssi, 0)
    assert report.level == Decimal(level)
    assert report.raw == f"CSQ {rssi},0"
    assert report.technology is None


@pytest.mark.parametrize("rssi", [32, 98, 99, 100, 141, 191, 199, 255, -1])
def test_csq_outside_the_table_is_absent_and_kept_raw(rssi: int) -> None:
    report = from_csq(rssi, 99)
    assert report.level is None
    assert report.raw == f"CSQ {rssi},99"


@pytest.mark.parametrize("ber", [*range(8), 8, 99, -1])
def test_bit_error_classes(ber: int) -> None:
    expected = ber if 0 <= ber <= 7 else None
    assert from_csq(20, ber).bit_errors == expected
    assert from_cesq(99, ber, 255, 255, 255, 255).bit_errors == expected


@pytest.mark.parametrize(
    ("codes", "level", "power", "quality", "technology"),
    [
        pytest.param((0, 99, 255, 255, 255, 255), "-111", None, None, "gsm", id="27.007 8.69 rxlev 0"),
        pytest.param((1, 99, 255, 255, 255, 255), "-110", None, None, "gsm", id="27.007 8.69 rxlev -110"),
        pytest.param((63, 0, 255, 255, 255, 255), "-48", None, None, "gsm", id="27.007 8.69 rxlev -48"),
        pytest.param((99, 99, 0, 0, 255, 255), "-121", None, None, "umts", id="27.007 8.69 rscp below -120"),
        pytest.param((99, 99, 96, 49, 255, 255), "-25", None, None, "umts", id="27.007 8.69 rscp -25"),
        pytest.param((99, 99, 255, 255, 0, 0), None, "-141", "-20", "lte", id="27.007 8.69 rsrp below -140"),
        pytest.param((99, 99, 255, 255, 20, 40), None, "-101", "-10", "lte", id="27.007 8.69 rsrp -101"),
        pytest.param((99, 99, 255, 255, 34, 97), None, "-44", "-3", "lte", id="27.007 8.69 rsrp -44"),
        pytest.param((99, 99, 255, 255, 255, 97), None, "-44", None, "lte", id="27.007 8.69 rsrq unknown"),
        pytest.param(NOTHING, None, None, None, None, id="27.007 8.69 nothing known"),
        pytest.param((64, 99, 97, 50, 35, 98), None, None, None, None, id="27.007 8.69 outside"),
    ],
)
def test_cesq(
    codes: tuple[int, int, int, int, int, int],
    level: str | None,
    power: str | None,
    quality: str | None,
    technology: str | None,
) -> None:
    report = from_cesq(*codes)
    assert report.level == (level and Decimal(level))
    assert report.reference_power == (power and Decimal(power))
    assert report.reference_quality == (quality and Decimal(quality))
    assert report.technology == technology
    assert report.raw == "CESQ " + ",".join(map(str, codes))


STATES = ["not_registered", "home", "searching", "denied", "unknown", "roaming", "sms_only", "sms_only",
          "emergency_only", "home", "roaming", "unknown"]  # fmt: skip


@pytest.mark.parametrize(
    ("stat", "word"), list(enumerate(STATES)), ids=[f"27.007 7.2 stat {stat}" for stat in range(len(STATES))]
)
def test_registration(stat: int, word: str) -> None:
    assert registration_of(stat) is Registration(word)
    assert registration_of(stat).served is (stat in (1, 5, 9, 10))


ACCESS = ["gsm", "gsm", "umts", "gsm", "umts", "umts", "umts", "lte", "gsm", "nb_iot", "lte", "nr",
          "nr", "nr"]  # fmt: skip


@pytest.mark.parametrize(
    ("act", "word"), list(enumerate(ACCESS)), ids=[f"27.007 7.3 AcT {act}" for act in range(len(ACCESS))]
)
def test_technology(act: int, word: str) -> None:
    assert technology_of(act) is RadioTechnology(word)


def test_an_unknown_technology_is_absent() -> None:
    assert technology_of(14) is None
    assert technology_of(-1) is None
