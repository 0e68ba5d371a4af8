from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from azrun.cli.init import TEMPLATES
from azrun.config import load_config
from azrun.edge.rules import compile_rules


@pytest.mark.parametrize("template", list(TEMPLATES))
def test_what_is_made_can_be_loaded(run: Any, tmp_path: Path, template: str) -> None:
    result = run("init", "shop", "--template", template)
    assert result.exit_code == 0, result.output
    config = load_config(tmp_path / "shop")
    [route] = compile_rules(config.application)
    assert (config.application.name, route.instance) == ("shop", template)
    assert TEMPLATES[template].request in result.output
    assert "__pycache__" in (tmp_path / "shop" / ".gitignore").read_text()


@pytest.mark.parametrize("template", list(TEMPLATES))
def test_the_test_that_is_made_passes(run: Any, tmp_path: Path, template: str) -> None:
    run("init", "shop", "--template", template)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path / "shop", capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_hello_is_the_default(run: Any, tmp_path: Path) -> None:
    run("init", "shop")
    manifest = json.loads((tmp_path / "shop" / "azion.config.json").read_text())
    assert manifest["functions"] == [{"name": "hello", "path": "./functions/hello/main.py"}]


def test_an_empty_folder_will_do(run: Any, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    assert run("init", "shop").exit_code == 0


def test_what_is_there_is_left_alone(run: Any, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "mine").write_text("")
    result = run("init", "shop")
    assert result.exit_code == 1
    assert result.stderr == "azrun: shop is there already and not empty\nChoose another name.\n"
    assert [path.name for path in (tmp_path / "shop").iterdir()] == ["mine"]


def test_an_unknown_template(run: Any) -> None:
    result = run("init", "shop", "--template", "moon")
    assert result.exit_code == 2
    assert "'hello', 'ocr', 'ai-inference-starter-kit'" in result.output
