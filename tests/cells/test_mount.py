from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
async def served(serve: Any, make_project: Any, tmp_path: Path) -> Any:
    folder = tmp_path / "functions" / "mount"
    folder.mkdir(parents=True)
    (folder / "sibling.py").write_text("WORD = 'imported'")
    (folder / "data.txt").write_text("data")
    outside = tmp_path / "functions" / "outside.txt"
    outside.write_text("outside")
    (folder / "link.txt").symlink_to(outside)
    return await serve("mount")


@pytest.mark.parametrize(("name", "text"), [("imports", "imported"), ("reads", "data")])
async def test_the_functions_folder_is_there(served: Any, name: str, text: str) -> None:
    assert (await served.get(f"/mount/{name}")).text == text


@pytest.mark.parametrize("name", ["writes", "changes", "removes", "climbs", "follows"])
async def test_nothing_but_reading_inside_it_works(served: Any, name: str, tmp_path: Path) -> None:
    response = await served.get(f"/mount/{name}")
    assert (response.status_code, response.text[:8]) == (403, "refused:")
    folder = tmp_path / "functions" / "mount"
    assert (folder / "data.txt").read_text() == "data"
    assert not (folder / "made.txt").exists()
