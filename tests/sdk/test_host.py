from __future__ import annotations

import pytest

from azion import Azion, _host, console

from .conftest import MemoryHost


def test_the_installed_host_is_the_current_one(host: MemoryHost) -> None:
    assert _host.current() is host


def test_outside_of_azrun_calls_say_where_they_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_host, "_installed", None)
    with pytest.raises(RuntimeError, match="inside azrun only"):
        console.log("a")
    with pytest.raises(RuntimeError, match="inside azrun only"):
        Azion.env.get("a")
