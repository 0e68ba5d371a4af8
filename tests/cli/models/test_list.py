from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from click import unstyle

from azrun.cli.models.list import _models
from azrun.inference.catalogue import CATALOGUE
from azrun.inference.embedded import embedded


def rows(output: str) -> dict[str, list[str]]:
    table, _, _ = output.partition("\n\n")
    lines = [line.split() for line in table.splitlines()]
    return {words[0]: words[1:] for words in lines}


def test_the_catalogue_is_listed_outside_a_project_too(run: Any) -> None:
    result = run("models", "list")
    listed = rows(result.output)
    assert list(listed) == ["ID", *(model.id for model in CATALOGUE)]
    ocr = listed["nanonets/Nanonets-OCR-s"]
    assert ocr[:3] == ["nanonets-nanonets-ocr-s", "vision", "32,768"]
    assert "a stand-in" in " ".join(ocr)


def test_the_stand_ins_are_named(run: Any) -> None:
    _, _, below = run("models", "list").output.partition("\n\n")
    for one in embedded().values():
        assert re.search(rf"{one.name} +{one.does}; stands in for (\d \w+ models|\S+/)", below)
    assert "azrun models pull ID" in below


def test_a_stand_in_that_nobody_needs(run: Any, tmp_path: Path) -> None:
    run("init", ".")
    (tmp_path / "azrun.toml").write_text("[models]\nstand_ins = false\n")
    below = run("models", "list").output.partition("\n\n")[2]
    assert below.count("stands in for nothing here") == len(embedded())


CELLS = [("gpt-oss-20b", "slug" * 9, "chat", "131,072", "not pulled", "gpt.gguf")]


@pytest.mark.parametrize(
    ("room", "lines"),
    [
        (200, ["ID  SLUG  KIND  CONTEXT  STATE  WHAT ANSWERS HERE", " ".join(CELLS[0])]),
        (80, ["ID KIND CONTEXT STATE WHAT", "gpt-oss-20b chat 131,072 not pulled gpt.gguf"]),
        (40, ["gpt-oss-20b", "gpt.gguf · chat · 131,072 tokens · not pulled"]),
    ],
)
def test_a_terminal_gets_what_fits(room: int, lines: list[str]) -> None:
    shown = [" ".join(unstyle(line).split()) for line in _models(CELLS, room)]
    assert len(shown) == len(lines)
    for line, expected in zip(shown, lines, strict=True):
        assert line.startswith(" ".join(expected.split()))


def test_what_azrun_toml_configures_is_listed(run: Any, tmp_path: Path) -> None:
    run("init", ".")
    (tmp_path / "own.gguf").write_bytes(b"x" * 2000)
    (tmp_path / "azrun.toml").write_text(
        "[models]\nstand_ins = false\n[models.mine]\ngguf = 'own.gguf'\ncontext = 4096\n"
    )
    listed = rows(run("models", "list").output)
    own = [str(tmp_path / "own.gguf"), "(2.0", "kB)"]
    assert listed["mine"] == ["-", "-", "4,096", "ready", *own]
    assert listed["nanonets/Nanonets-OCR-s"][-1] == "nothing"


def test_a_project_that_is_named_must_be_there(run: Any) -> None:
    result = run("models", "list", "--config", "nowhere.json")
    assert result.exit_code == 3
    assert "nowhere.json does not exist" in result.stderr
