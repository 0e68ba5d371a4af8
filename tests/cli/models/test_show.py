from __future__ import annotations

from pathlib import Path
from typing import Any


def test_a_model_of_the_catalogue(run: Any) -> None:
    shown = run("models", "show", "nanonets-nanonets-ocr-s").output
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert lines[:6] == [
        "nanonets/Nanonets-OCR-s",
        "also nanonets-nanonets-ocr-s",
        "kind vision: text and images in, text out",
        "context 32,768 tokens",
        "tools no: a request with tools is refused",
        "images yes",
    ]
    assert "suggestion unsloth/Nanonets-OCR-s-GGUF/Nanonets-OCR-s-Q4_K_M.gguf" in lines
    assert "to have it azrun models pull nanonets-nanonets-ocr-s" in lines
    assert "about 3.3 GB to download, 4.1 GB of memory (here: " in shown


def test_a_model_of_ones_own(run: Any, project: Path) -> None:
    project.write_text('[models.mine]\nrepo = "somebody/Model-GGUF"\nfile = "model.gguf"\n')
    shown = run("models", "show", "mine").output
    assert "your own" in shown
    assert "not pulled" in shown
    assert "azrun models pull mine" in shown
    project.write_text('[models.mine]\ngguf = "gone.gguf"\n')
    assert "missing" in run("models", "show", "mine").output


def test_an_unknown_id(run: Any) -> None:
    result = run("models", "show", "GPT-OSS-20B")
    assert result.exit_code == 1
    assert "Ids are case-sensitive: write gpt-oss-20b." in result.stderr
