"""What README.md and the functions' pages say is printed, is printed."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from azrun.inference.embedded import KINDS, embedded

ROOT = Path(__file__).parents[2]
MODULE: dict[str, Any] = runpy.run_path(str(ROOT / "docs" / "examples.py"))
EXAMPLES = [
    pytest.param(command, said, id=f"{page.parent.name}-{number}")
    for page in MODULE["PAGES"]
    for number, (command, said) in enumerate(MODULE["examples"](page), 1)
]
ALL = set(embedded()) == set(KINDS)


@pytest.mark.skipif(not ALL, reason="a stand-in is not there")
@pytest.mark.timeout(90)
@pytest.mark.parametrize(("command", "said"), EXAMPLES)
def test_an_example_prints_what_its_page_says(command: str, said: str) -> None:
    settled = MODULE["settled"]
    again = "run `python docs/examples.py`"
    assert settled(MODULE["printed"](command)) == settled(said), again


def test_every_function_has_an_example() -> None:
    for page in (ROOT / "functions").glob("*/README.md"):
        assert list(MODULE["examples"](page)), page


def test_what_is_another_each_time_is_no_difference() -> None:
    one = '{"id":"chatcmpl-0a1b","created":17,"score":0.91234}'
    other = '{"id":"chatcmpl-ffff","created":18,"score":0.91299}'
    assert MODULE["settled"](one) == MODULE["settled"](other)
    assert re.search("0.91…", MODULE["settled"](one))


def test_a_command_ends_where_its_quotes_do(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ echo 'a\nb'\na\nb\n$ true\n$ echo c \\\n  d\nc d\n```\n")
    found = list(MODULE["examples"](page))
    assert found == [("echo 'a\nb'", "a\nb\n"), ("true", ""), ("echo c \\\n  d", "c d\n")]
    assert MODULE["printed"]("echo 'a\nb'") == "a\nb\n"
    assert not MODULE["refresh"](page)
    page.write_text("```console\n$ echo new\nold\n```\n")
    assert MODULE["refresh"](page)
    assert page.read_text() == "```console\n$ echo new\nnew\n```\n"
