from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

GGUF = b"GGUF\x03\x00\x00\x00"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "models" / "own.gguf"
    path.parent.mkdir()
    path.write_bytes(GGUF)
    return path


def test_a_file_gets_its_table(run: Any, project: Path, own: Path) -> None:
    result = run("models", "add", "models/own.gguf")
    assert result.exit_code == 0, result.output
    assert project.read_text().startswith("# mine\n")
    assert tomllib.loads(project.read_text())["models"] == {"own": {"gguf": "models/own.gguf"}}
    assert "own.gguf (8 B)" in run("models", "list").output


def test_an_id_and_a_projector(
    run: Any, project: Path, own: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "mmproj.gguf"
    outside.write_bytes(GGUF)
    run("models", "add", "models/own.gguf", "--id", "a.b/C", "--mmproj", str(outside))
    table = tomllib.loads(project.read_text())["models"]["a.b/C"]
    assert table == {"gguf": "models/own.gguf", "mmproj": str(outside)}


def test_what_is_no_gguf_is_refused(run: Any, project: Path, tmp_path: Path) -> None:
    (tmp_path / "page.gguf").write_text("<html>")
    result = run("models", "add", "page.gguf")
    assert result.exit_code == 3
    assert "is not a GGUF file" in result.stderr
    assert "models" not in tomllib.loads(project.read_text())


def test_an_id_is_given_once(run: Any, project: Path, own: Path) -> None:
    run("models", "add", "models/own.gguf", "--id", "gpt-oss-20b")
    result = run("models", "add", "models/own.gguf", "--id", "gpt-oss-20b")
    assert result.exit_code == 1
    assert "`azrun models rm gpt-oss-20b`" in result.stderr


def test_outside_a_project_it_says_what_to_write(run: Any, own: Path) -> None:
    result = run("models", "add", "models/own.gguf")
    assert result.exit_code == 1
    assert f'[models."own"]\ngguf = "{own}"\n' in result.stderr
