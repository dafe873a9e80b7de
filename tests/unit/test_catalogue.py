"""The catalogue: the files of the profile folders are the models."""

from __future__ import annotations

from importlib.resources import files

import pytest

from metering.errors import ConfigurationError, UnknownModel
from metering.meters import MeterIdentity
from protocols import catalogue


@pytest.mark.parametrize(("folder", "protocol"), [("mbus", "m-bus"), ("modbus", "modbus")])
def test_the_profile_files_of_a_folder_are_its_models(folder: str, protocol: str) -> None:
    listed = {
        file.name.removesuffix(".toml")
        for file in (files(f"protocols.{folder}") / "profiles").iterdir()
        if file.name.endswith(".toml")
    }
    assert {info.model for info in catalogue.models() if info.protocol == protocol} == listed


def test_every_folder_of_a_maker_is_a_family_with_models_of_its_own() -> None:
    folders = {folder.name for folder in files("protocols.vendor").iterdir() if folder.is_dir()} - {
        "__pycache__"
    }
    makers = [family for name, family in catalogue.families().items() if name not in ("m-bus", "modbus")]
    assert len(makers) == len(folders)
    listed = [model for family in catalogue.families().values() for model in family.models]
    assert sorted(listed) == [info.model for info in catalogue.models()]
    assert len(set(listed)) == len(listed)


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


WITH, WITHOUT = "gwf-enercal", "sontex-supercal-531"


def test_a_model_without_a_choice_passes_over_what_a_neighbour_on_its_line_needs() -> None:
    assert "set_day" in {choice.name for choice in catalogue.driver(WITH).info.choices}
    assert "set_day" not in {choice.name for choice in catalogue.driver(WITHOUT).info.choices}
    for model in (WITH, WITHOUT):
        assert catalogue.driver(model, choices={"m-bus.set_day": "end_of_day"}).info.model == model


def test_a_word_that_only_a_neighbour_understands_leaves_a_model_its_default() -> None:
    """`modbus.serial` has other words for one maker's models than for another's."""
    words = {
        choice.words: info.model
        for info in catalogue.models()
        for choice in info.choices
        if (info.protocol, choice.name) == ("modbus", "serial")
    }
    assert len(words) > 1
    for model in words.values():
        for word in (word for others in words for word in others):
            catalogue.driver(model, choices={"modbus.serial": word})


@pytest.mark.parametrize(
    ("frame", "protocol"),
    [
        pytest.param("01 03 00 00 00 02 C4 0B", "modbus", id="any holding registers"),
        pytest.param("01 03 04 55 26 5B B0 30 B0", "modbus", id="an answer that any Modbus meter may give"),
        pytest.param("00 03 03 2A 50 FF 19 D7", "vkt7", id="an answer of address 0: vkt7.md"),
        pytest.param("01 03 00 17 00 0B B4 09", "vist", id="firmware: vis-t.md"),
        pytest.param("01 03 00 02 00 0B A5 CD", "vist", id="serial number: vis-t.md"),
        pytest.param("01 03 0B 00 00 00 47 EE", "vkt5", id="zero registers: vkt-5.md"),
        pytest.param("68 06 06 68 07 02 00 00 16 43 62 16", "tekon", id="an answer number 7: tekon.md"),
        pytest.param("10 40 05 45 16", "m-bus", id="SND_NKE"),
    ],
)
def test_the_likeliest_protocol_of_a_frame_is_told_first(frame: str, protocol: str) -> None:
    assert catalogue.guess(bytes.fromhex(frame))[0].protocol == protocol


@pytest.mark.parametrize("model", [WITH, WITHOUT])
@pytest.mark.parametrize(
    ("written", "word", "why"),
    [
        pytest.param("m-bus.set_day", "noon", "set_day=end_of_day|start_of_day", id="a word nobody has"),
        pytest.param("m-bus.set_dya", "end_of_day", "is not known", id="a choice nobody has"),
        pytest.param("mbus.set_day", "end_of_day", "no protocol 'mbus'", id="a protocol nobody speaks"),
    ],
)
def test_what_no_model_of_the_protocol_knows_is_refused(
    model: str, written: str, word: str, why: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        catalogue.driver(model, choices={written: word})
    assert why in str(refused.value)
