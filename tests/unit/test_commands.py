"""The commands as `teplo --help` lists them."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from teplo.__main__ import COMMANDS, Commands


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_listed_under_its_own_name_without_a_shell_s_options(name: str) -> None:
    command = Commands().get_command(Mock(), name)
    assert command.name == name
    assert not {"install_completion", "show_completion"} & {option.name for option in command.params}
