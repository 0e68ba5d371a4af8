"""The command reference is what the commands say of themselves."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_reference_is_up_to_date() -> None:
    page = runpy.run_path(str(DOCS / "commands.py"))["page"]
    assert (DOCS / "commands.md").read_text("utf-8") == page(), "run `make docs`"
