from __future__ import annotations

from pathlib import Path
from typing import Any

from azrun.inference.catalogue import CATALOGUE


def rows(output: str) -> dict[str, list[str]]:
    lines = [line.split() for line in output.splitlines()]
    return {words[0]: words[1:] for words in lines}


def test_the_catalogue_is_listed_outside_a_project_too(run: Any) -> None:
    result = run("models", "list")
    listed = rows(result.output)
    assert list(listed) == ["ID", *(model.id for model in CATALOGUE)]
    ocr = listed["nanonets/Nanonets-OCR-s"]
    assert ocr[:3] == ["nanonets-nanonets-ocr-s", "vision", "32,768"]
    assert "a stand-in" in " ".join(ocr)


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
