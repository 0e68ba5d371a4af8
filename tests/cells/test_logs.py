from __future__ import annotations

import asyncio
from typing import Any

import pytest

pytestmark = pytest.mark.anyio


async def test_print_reaches_the_observer(serve: Any) -> None:
    served = await serve("logs")
    await served.get("/logs/print")
    lines = [(function, level, text) for function, _, level, text in served.observer.lines]
    assert lines == [
        ("logs", "log", "printed twice"),
        ("logs", "error", "to stderr"),
        ("logs", "log", "unfinished"),
    ]


async def test_console_has_levels(serve: Any) -> None:
    served = await serve("logs")
    await served.get("/logs/console")
    levels = ["debug", "log", "info", "warn", "error"]
    assert [(line[2], line[3]) for line in served.observer.lines] == [
        (level, f'console {{"level":"{level}"}}') for level in levels
    ]


async def test_logging_reaches_the_observer(serve: Any) -> None:
    served = await serve("logs")
    await served.get("/logs/logging")
    await served.observer.line("logged text")


async def test_lines_of_two_requests_stay_apart(serve: Any) -> None:
    served = await serve("logs")
    await asyncio.gather(
        *(served.get("/logs/apart", headers={"x-who": who}) for who in ("one", "two"))
    )
    lines = {text: id for _, id, _, text in served.observer.lines}
    assert set(lines) == {"one begins one ends", "two begins two ends"}
    assert len(set(lines.values())) == 2


async def test_a_traceback_has_source_lines_and_its_request(serve: Any) -> None:
    served = await serve("logs")
    response = await served.get("/logs/raise")
    assert "not for the client" not in response.text
    function, id, level, text = await served.observer.line("Traceback")
    assert (function, id, level) == ("logs", response.headers["x-request-id"], "error")
    assert 'functions/logs/main.py", line' in text
    assert "raise ValueError(secret)" in text
    assert text.endswith("ValueError: not for the client")
    record = await served.observer.record("/logs/raise")
    assert (record.function, record.status) == ("logs", 500)


async def test_the_environment_is_what_it_was_given(
    serve: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("AZRUN_TEST_SECRET", "of the host")
    (tmp_path / ".env").write_text("FROM_FILE=a\nBOTH=file\n")
    served = await serve("logs", toml='[env]\nBOTH = "toml"\n')
    answer = (await served.get("/logs/env")).json()
    assert answer["env"] == {"FROM_FILE": "a", "BOTH": "toml"}
    assert answer["os"] == answer["env"]
