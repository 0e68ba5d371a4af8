from __future__ import annotations

import io
import re
from typing import Any

import pytest

from azrun.inference.types import ModelUse
from azrun.observe.console import Console
from azrun.observe.record import RequestRecord


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Gone(io.StringIO):
    """A pipe that nobody reads any more."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def record(**changes: Any) -> RequestRecord:
    facts: dict[str, Any] = {
        "request_id": "0123456789abcdef",
        "method": "GET",
        "path": "/hello",
        "status": 200,
        "seconds": 0.0031,
        "function": "hello",
        "cpu_seconds": 0.0012,
    }
    return RequestRecord(**(facts | changes))


@pytest.fixture
def requests() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def rest() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def console(requests: io.StringIO, rest: io.StringIO) -> Console:
    return Console(requests, rest, clock="12:00:00")


def test_a_request_is_a_line(console: Console, requests: io.StringIO) -> None:
    console.request(record())
    assert requests.getvalue() == "12:00:00  200   3.1 ms  GET  /hello  hello  warm cpu 1.2 ms\n"


def test_a_cold_start_and_an_error_are_said(console: Console, requests: io.StringIO) -> None:
    console.request(record(status=500, cold=True, error="ValueError: no\nsecond line"))
    assert requests.getvalue().endswith("hello  cold cpu 1.2 ms  ValueError: no\n")


def test_a_request_that_no_function_ran_for(console: Console, requests: io.StringIO) -> None:
    console.request(record(status=404, function="-", error="no rule"))
    assert requests.getvalue() == "12:00:00  404   3.1 ms  GET  /hello  no rule\n"


def test_a_client_that_left_before_an_answer(console: Console, requests: io.StringIO) -> None:
    console.request(record(status=0))
    assert "  ---  " in requests.getvalue()


def test_a_model_call_is_a_line_below(console: Console, requests: io.StringIO) -> None:
    use = ModelUse("nanonets/Nanonets-OCR-s", "tiny-ocr", True, 40, 11, 30, 1.1, 0.1)
    console.request(record(models=(use,)))
    assert requests.getvalue().splitlines()[1] == (
        "          └ nanonets/Nanonets-OCR-s → tiny-ocr, a stand-in"
        "  40 in (30 cached), 11 out  10 tokens/s  first after 100 ms"
    )


@pytest.mark.parametrize(("tokens", "says"), [(0, "4 in  500 ms"), (1, "4 in, 1 out  2 tokens/s")])
def test_a_model_call_that_hardly_began(
    console: Console, requests: io.StringIO, tokens: int, says: str
) -> None:
    use = ModelUse("m", "m.gguf", False, 4, tokens, seconds=0.5)
    console.request(record(models=(use,)))
    assert f"└ m → m.gguf  {says}" in requests.getvalue()


def test_tokens_that_came_all_at_once(console: Console, requests: io.StringIO) -> None:
    console.request(record(models=(ModelUse("m", "m.gguf", False, 4, 20, 0, 0.5, 0.4999),)))
    assert "4 in, 20 out  40 tokens/s" in requests.getvalue()


def test_a_path_cannot_forge_a_line(console: Console, requests: io.StringIO) -> None:
    console.request(record(path="/a\n12:00:01  200\x1b[2J"))
    assert "/a\\n12:00:01  200\\x1b[2J" in requests.getvalue()
    assert requests.getvalue().count("\n") == 1


def test_log_lines_say_whose_they_are(console: Console, rest: io.StringIO) -> None:
    console.log("hello", "0123456789", "log", "one\ntwo")
    console.log("hello", "0123456789", "warn", "careful\x1b]0;x\x07")
    console.log("hello", "-", "error", "at load")
    assert rest.getvalue().splitlines() == [
        "  hello 012345 │ one",
        "               │ two",
        "  hello 012345 warn │ careful\\x1b]0;x\\x07",
        "  hello error │ at load",
    ]


def test_a_traceback_is_folded(console: Console, rest: io.StringIO) -> None:
    own = '  File "main.py", line 1, in f\n    1 / 0\n'
    text = f'Traceback (most recent call last):\n  File "/0/a.py", line 1, in g\n{own}Error'
    console.log("f", "-", "error", text)
    lines = [line.partition("│ ")[2] for line in rest.getvalue().splitlines()]
    assert "\n".join(lines) == f"Traceback (most recent call last):\n{own}Error"


def test_notices_go_to_the_rest(console: Console, requests: io.StringIO, rest: io.StringIO) -> None:
    console.notice("hello reloaded in 4 ms")
    assert (requests.getvalue(), rest.getvalue()) == ("", "azrun hello reloaded in 4 ms\n")


def test_colours_are_for_terminals_without_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    coloured, plain = Screen(), Screen()
    Console(coloured, Screen()).request(record())
    monkeypatch.setenv("NO_COLOR", "1")
    Console(plain, Screen()).request(record())
    assert "\x1b[32m200\x1b[0m" in coloured.getvalue()
    assert "\x1b" not in plain.getvalue()
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured.getvalue())[8:] == plain.getvalue()[8:]


def test_a_reader_that_has_left_fails_nothing() -> None:
    console = Console(Gone(), Gone())
    console.request(record())
    console.log("hello", "-", "log", "text")
    console.notice("text")
