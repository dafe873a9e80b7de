"""A wrong setting is named as the operator wrote it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from metering.errors import ConfigurationError
from teplo.running import listening_of
from teplo.settings import Settings, read_settings
from teplo.survey import rule_of


def test_each_wrong_variable_is_named_with_its_value_and_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEPLO_SURVEY_ADEQUATE", "strong")
    monkeypatch.setenv("TEPLO_API_PORT", "99999")
    with pytest.raises(ConfigurationError) as told:
        read_settings()
    adequate, port = str(told.value).splitlines()
    assert adequate.startswith("TEPLO_SURVEY_ADEQUATE is set to 'strong': ")
    assert "nine samples of ten" in adequate
    assert port.startswith("TEPLO_API_PORT is set to '99999': ")
    assert "http" not in str(told.value), "no way to another project's documentation"


def test_clauses_that_contradict_each_other_are_known_as_settings() -> None:
    with pytest.raises(ConfigurationError, match="TEPLO_SURVEY_ settings"):
        rule_of(Settings.model_validate({"survey_adequate": -95}))


@pytest.mark.parametrize("given", [{}, {"listen_certificate": Path("c.pem")}, {"listen_key": Path("k.pem")}])
def test_an_encrypted_address_names_the_settings_that_it_wants(given: dict[str, Path]) -> None:
    settings = Settings.model_validate({"listen": "127.0.0.1:0?tls=yes", **given})
    with pytest.raises(ConfigurationError, match=r"TEPLO_LISTEN_CERTIFICATE and TEPLO_LISTEN_KEY"):
        listening_of(settings)


@pytest.mark.parametrize("written", ["90", "PT1M30S", "PT90S"])
def test_a_duration_is_written_in_seconds_or_as_the_standard_has_it(
    written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEPLO_POLL_EVERY", written)
    assert read_settings().poll_every == timedelta(minutes=1, seconds=30)
