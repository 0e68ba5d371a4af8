from __future__ import annotations

import os
from pathlib import Path

import pytest

from azrun.dev.sources import Sources


@pytest.fixture
def main(tmp_path: Path) -> Path:
    path = tmp_path / "main.py"
    path.write_text("one")
    return path


def taken(main: Path, *others: Path, folder: bool = True) -> Sources:
    sources = Sources(main, main.parent if folder else None, frozenset(others))
    sources.take()
    return sources


def test_nothing_changes_by_itself(main: Path) -> None:
    assert not taken(main).changed()


def test_a_change_of_the_same_size_and_time_is_seen(main: Path) -> None:
    sources = taken(main)
    time = main.stat().st_mtime_ns
    main.write_text("two")
    os.utime(main, ns=(time, time))
    assert sources.changed()


def test_a_new_time_alone_is_no_change(main: Path) -> None:
    sources = taken(main)
    os.utime(main, ns=(1, 1))
    assert not sources.changed()


def test_what_was_settled_is_compared_by_its_marks(main: Path) -> None:
    os.utime(main, ns=(1, 1))
    sources = taken(main)
    main.write_text("two")
    assert sources.changed()


def test_modules_that_come_and_go_are_changes(main: Path) -> None:
    sources = taken(main)
    module = main.with_name("module.py")
    module.write_text("")
    assert sources.changed()
    sources.take()
    assert not sources.changed()
    module.unlink()
    assert sources.changed()


def test_other_functions_files_are_not_its_own(main: Path) -> None:
    other = main.with_name("other.py")
    other.write_text("one")
    sources = taken(main, other)
    other.write_text("two")
    assert not sources.changed()
    assert not sources.owns(other)


def test_a_function_in_the_projects_folder_is_its_file_alone(main: Path) -> None:
    sources = taken(main, folder=False)
    main.with_name("setup.py").write_text("")
    assert not sources.changed()
    assert sources.owns(main)
    assert not sources.owns(main.with_name("setup.py"))


@pytest.mark.parametrize("name", ["main.py~", ".main.py.swp", "__pycache__/main.py", "a.pyc"])
def test_editors_and_caches_files_are_noise(main: Path, name: str) -> None:
    assert not taken(main).owns(main.parent / name)


def test_an_empty_file_is_not_settled(main: Path) -> None:
    sources = taken(main)
    assert sources.settled()
    main.write_text("")
    assert not sources.settled()
    main.unlink()
    assert not sources.settled()
