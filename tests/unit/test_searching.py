"""The order in which an unknown line is searched."""

from __future__ import annotations

import pytest

from protocols import catalogue
from protocols.family import Family
from protocols.searching import Setting, trials

FAMILIES = tuple(catalogue.families().values())


def test_each_serial_setting_is_tuned_once() -> None:
    settings = [trial.setting for trial in trials(FAMILIES, retunes=True)]
    changes = [one for one, before in zip(settings, [None, *settings], strict=False) if one != before]
    assert len(changes) == len(set(changes))


def test_what_is_most_usual_for_somebody_comes_first() -> None:
    wanted = trials(FAMILIES, retunes=True)
    ranks = [trial.search.lines.index(trial.line) for trial in wanted]
    usual = {trial.setting for trial, rank in zip(wanted, ranks, strict=True) if rank == 0}
    first = [trial.setting for trial in wanted[: len(usual)]]
    assert set(first) <= usual


def test_a_line_that_cannot_be_tuned_is_asked_each_question_once() -> None:
    wanted = trials(FAMILIES, retunes=False)
    assert {trial.setting for trial in wanted} == {None}
    questions = [(trial.family.protocol, id(trial.search), trial.address) for trial in wanted]
    assert len(questions) == len(set(questions))


def test_addresses_of_an_engineer_stand_instead_of_the_usual_ones() -> None:
    assert {trial.address for trial in trials(FAMILIES, retunes=False, addresses=("17",))} == {"17"}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.protocol)
def test_a_search_is_gentle(family: Family) -> None:
    assert trials([family], retunes=True, addresses=("17",))
    wanted = trials([family], retunes=True)
    assert len(wanted) <= 24
    assert all(isinstance(trial.setting, Setting) for trial in wanted)
