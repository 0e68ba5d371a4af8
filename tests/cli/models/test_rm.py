from __future__ import annotations

from pathlib import Path
from typing import Any

from azrun.inference.suggestions import SUGGESTIONS

from ...imitated_hub import ImitatedHub
from .conftest import RERANKER

SOURCE = SUGGESTIONS[RERANKER].source
TOML = "# mine\n[server]\nport = 3000 # my port\n"


def test_the_table_goes_and_the_files_stay(
    run: Any, hub: ImitatedHub, project: Path, kept: Path
) -> None:
    run("models", "pull", RERANKER)
    result = run("models", "rm", "baai-bge-reranker-v2-m3")
    assert result.exit_code == 0, result.output
    assert "--files deletes them" in result.output
    assert project.read_text() == TOML + "\n"
    assert (kept / SOURCE.repo / SOURCE.file).is_file()


def test_the_files_go_too(run: Any, hub: ImitatedHub, project: Path, kept: Path) -> None:
    run("models", "pull", RERANKER)
    run("models", "rm", RERANKER)
    result = run("models", "rm", RERANKER, "--files")
    assert "2.0 kB are free again" in result.output
    assert list(kept.iterdir()) == []
    result = run("models", "rm", RERANKER)
    assert result.exit_code == 1
    assert f"nothing was put behind {RERANKER} here" in result.stderr


def test_a_gguf_of_ones_own_stays(run: Any, project: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.gguf"
    own.write_bytes(b"GGUF\x03\x00\x00\x00")
    run("models", "add", "own.gguf")
    assert run("models", "rm", "own", "--files").exit_code == 0
    assert own.is_file()


def test_files_that_another_id_uses_stay(
    run: Any, hub: ImitatedHub, project: Path, kept: Path
) -> None:
    run("models", "pull", RERANKER)
    text = project.read_text()
    project.write_text(f'{text}\n[models.mine]\nrepo = "{hub.repo}"\nfile = "{SOURCE.file}"\n')
    assert "mine uses them too" in run("models", "rm", RERANKER, "--files").output
    assert (kept / SOURCE.repo / SOURCE.file).is_file()
