from __future__ import annotations

from pathlib import Path
from typing import Any

from azrun.inference.suggestions import SUGGESTIONS

from ...imitated_hub import ImitatedHub
from .conftest import RERANKER

SOURCE = SUGGESTIONS[RERANKER].source


def test_a_suggestion_is_pulled_and_written_down(
    run: Any, hub: ImitatedHub, project: Path, kept: Path
) -> None:
    result = run("models", "pull", RERANKER)
    assert result.exit_code == 0, result.output
    path = kept / SOURCE.repo / SOURCE.file
    assert path.read_bytes() == hub.files[SOURCE.file]
    assert result.stdout.splitlines()[0] == str(path)
    assert f"{SOURCE.file}  100 % of 2.0 kB" in result.stderr
    assert project.read_text() == (
        "# mine\n[server]\nport = 3000 # my port\n\n"
        f'[models."{RERANKER}"]\nrepo = "{SOURCE.repo}"\nfile = "{SOURCE.file}"\n'
    )
    listed = run("models", "list").output
    assert f"ready  {SOURCE.repo}/{SOURCE.file} (2.0 kB)" in listed


def test_a_second_pull_changes_nothing(run: Any, hub: ImitatedHub, project: Path) -> None:
    run("models", "pull", "baai-bge-reranker-v2-m3")
    before = project.read_text()
    result = run("models", "pull", RERANKER)
    assert result.exit_code == 0, result.output
    assert project.read_text() == before
    assert len(hub.ranges_asked()) == 1


def test_what_azrun_toml_says_comes_first(
    run: Any, hub: ImitatedHub, project: Path, kept: Path
) -> None:
    hub.files["Q4/own.gguf"] = b"GGUF of my own"
    project.write_text(f'[models.mine]\nrepo = "{hub.repo}"\nfile = "Q4/own.gguf"\n')
    assert "not pulled" in run("models", "list").output
    assert run("models", "pull", "mine").exit_code == 0
    assert (kept / hub.repo / "Q4" / "own.gguf").read_bytes() == b"GGUF of my own"


def test_outside_a_project_it_says_what_to_write(run: Any, hub: ImitatedHub) -> None:
    result = run("models", "pull", RERANKER)
    assert result.exit_code == 0
    assert f'[models."{RERANKER}"]\nrepo = "{SOURCE.repo}"\n' in result.stdout


def test_a_file_that_is_not_there_any_more(run: Any, hub: ImitatedHub, project: Path) -> None:
    hub.files = {"renamed.gguf": b"GGUF"}
    before = project.read_text()
    result = run("models", "pull", RERANKER)
    assert result.exit_code == 1
    assert f"azrun: {SOURCE.repo} has no file {SOURCE.file}\n" in result.stderr
    assert "It has renamed.gguf. Write the one that you want into azrun.toml" in result.stderr
    assert project.read_text() == before


def test_what_cannot_be_pulled_says_why(run: Any, project: Path) -> None:
    result = run("models", "pull", "nobody")
    assert result.exit_code == 1
    assert "nobody is not of Azion's catalogue" in result.stderr
    project.write_text('[models.mine]\ngguf = "own.gguf"\n')
    result = run("models", "pull", "mine")
    assert "names no repository to pull from" in result.stderr
