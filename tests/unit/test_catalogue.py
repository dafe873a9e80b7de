"""The catalogue: the files of the profile folders are the models."""

from __future__ import annotations

from importlib.resources import files

import pytest

from metering.errors import UnknownModel
from metering.meters import MeterIdentity
from protocols import catalogue


def test_the_models_are_the_files_of_both_folders() -> None:
    listed = {
        file.name.removesuffix(".toml")
        for protocol in ("mbus", "modbus")
        for file in (files(f"protocols.{protocol}") / "profiles").iterdir()
        if file.name.endswith(".toml")
    }
    assert {info.model for info in catalogue.models()} == listed


def test_models_come_in_the_order_of_their_names() -> None:
    names = [info.model for info in catalogue.models()]
    assert names == sorted(names)


def test_a_model_is_built_with_what_its_profile_says() -> None:
    info = catalogue.driver("kamstrup-multical-403").info
    assert (info.model, info.protocol, info.maker) == ("kamstrup-multical-403", "m-bus", "Kamstrup")


def test_an_unknown_model_names_near_ones() -> None:
    with pytest.raises(UnknownModel, match="did you mean kamstrup-multical-403"):
        catalogue.driver("kamstrup-multical403")


def test_a_name_like_no_other_points_to_the_list() -> None:
    with pytest.raises(UnknownModel, match="teplo models"):
        catalogue.driver("???")


@pytest.mark.parametrize(
    ("maker", "version", "medium", "model"),
    [
        pytest.param("KAM", "34", "04", "kamstrup-multical-403", id="version row"),
        pytest.param("KAM", "40", "0D", "kamstrup-multical-303", id="combined heat and cooling"),
        pytest.param("SEN", "06", "0D", "sensus-pollustat", id="version and medium"),
        pytest.param("AXI", "0C", "0D", "danfoss-sonometer-30", id="any version"),
        pytest.param("XXX", "01", "04", "generic-heat-meter", id="unknown maker, but heat"),
        pytest.param("KAM", "34", "07", None, id="a water meter of a known maker"),
        pytest.param("", "", "", None, id="no header"),
    ],
)
def test_a_meter_is_known_by_its_header(maker: str, version: str, medium: str, model: str | None) -> None:
    assert catalogue.detect(MeterIdentity("12345678", maker, "", version, medium)) == model
