from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from azrun.inference.embedded import stand_ins
from azrun.inference.types import Kind

from ...inference.conftest import counts, says  # noqa: F401

LINE = Path(__file__).parents[3] / "docs" / "line.png"
MakeModel = Callable[..., Path]


def answers(project: Path, gguf: Path) -> None:
    project.write_text(f'[models.mine]\ngguf = "{gguf}"\n')


def test_a_chat_models_answer_is_printed(run: Any, project: Path, says: MakeModel) -> None:  # noqa: F811
    answers(project, says("Olá, mundo!"))
    result = run("models", "run", "mine", "Hi")
    assert result.exit_code == 0, result.output
    assert result.stdout == "Olá, mundo!\n"
    assert "says.gguf, " in result.stderr
    assert "tokens in" in result.stderr


def test_the_prompt_may_come_from_stdin(run: Any, project: Path, says: MakeModel) -> None:  # noqa: F811
    answers(project, says("Yes."))
    assert run("models", "run", "mine", "-", input="Is it?").stdout == "Yes.\n"
    result = run("models", "run", "mine", "-", input="\n")
    assert result.exit_code == 1
    assert "the prompt is empty" in result.stderr


def test_an_image_goes_with_the_prompt(run: Any) -> None:
    if Kind.VISION not in stand_ins():
        pytest.skip("no embedded model that sees")
    result = run("models", "run", "nanonets/Nanonets-OCR-s", "Read it", "--image", str(LINE))
    assert result.exit_code == 0, result.output
    assert result.stdout.strip()
    assert "stand-in for nanonets/Nanonets-OCR-s" in result.stderr
    result = run("models", "run", "nanonets/Nanonets-OCR-s", "Read it", "--image", "gone.png")
    assert "gone.png cannot be read" in result.stderr


def test_an_embedding_is_shown_in_short(run: Any, project: Path, counts: Path) -> None:  # noqa: F811
    answers(project, counts)
    result = run("models", "run", "mine", "text")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("320 dimensions: 0.")


def test_what_cannot_answer_says_why(run: Any, project: Path) -> None:
    project.write_text('[models]\nstand_ins = false\n[models.mine]\ngguf = "gone.gguf"\n')
    result = run("models", "run", "mine", "Hi")
    assert result.exit_code == 3
    assert "gone.gguf does not exist" in result.stderr
    assert run("models", "run", "gpt-oss-20b", "Hi").exit_code == 1


def test_ctrl_c_stops_it(run: Any, project: Path, says: MakeModel) -> None:  # noqa: F811
    answers(project, says("more ", endless=True))
    process = subprocess.Popen(
        [sys.executable, "-m", "azrun", "models", "run", "mine", "Hi"],
        cwd=project.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=os.environ | {"NO_COLOR": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.read(4)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert stderr == b""
