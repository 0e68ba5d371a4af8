from __future__ import annotations

import pytest

from azion import Azion
from azion.env import env

from .conftest import MemoryHost


def test_variables_by_get_item_and_attribute(host: MemoryHost) -> None:
    host.variables = {"KEY": "value", "get": "taken"}
    assert Azion.env.get("KEY") == env["KEY"] == env.KEY == "value"
    assert Azion.env.get("OTHER") is None
    assert env["get"] == "taken"
    assert "KEY" in env
    assert dict(env) == host.variables
    assert len(env) == 2


def test_what_is_not_set(host: MemoryHost) -> None:
    with pytest.raises(KeyError):
        env["KEY"]
    with pytest.raises(AttributeError, match="KEY is not set"):
        env.KEY  # noqa: B018
    assert not hasattr(env, "KEY")


def test_values_are_not_shown(host: MemoryHost) -> None:
    host.variables = {"TOKEN": "secret"}
    assert repr(env) == "Env(TOKEN)"
