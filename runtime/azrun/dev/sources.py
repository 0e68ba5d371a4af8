"""The files that make up a function, and whether they are as they were."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from watchfiles import Change, DefaultFilter

RACY_NS = 50_000_000  # how long a file's time may stand still while it is written again

_filter = DefaultFilter()


def is_noise(path: Path) -> bool:
    """An editor's, a tool's or a cache's own file: no source."""
    return not _filter(Change.modified, str(path))


class Sources:
    """A function's own file and the modules in its folder, as they were at the last `take`.

    `folder` is None where the function's folder is the project's; `others` are the files of
    the other functions.
    """

    def __init__(self, main: Path, folder: Path | None, others: frozenset[Path]) -> None:
        self.main, self.folder, self._others = main, folder, others
        self._taken: list[_Taken] = []

    def owns(self, path: Path) -> bool:
        if path == self.main:
            return True
        inside = self.folder is not None and path.is_relative_to(self.folder)
        return inside and path not in self._others and not is_noise(path)

    def take(self) -> None:
        """Remembers the files as they are now."""
        self._taken = [_Taken(path) for path in self._paths()]

    def changed(self) -> bool:
        """Whether they are others now. Costs a `stat` each while they are not."""
        return any(taken.changed() for taken in self._taken)

    def settled(self) -> bool:
        """False while an editor may be between emptying the function's file and filling it."""
        try:
            return self.main.stat().st_size > 0
        except OSError:
            return False

    def _paths(self) -> Iterator[Path]:
        """The modules, and the folders that say which modules there are."""
        yield self.main
        if self.folder is None:
            return
        for root, folders, files in os.walk(self.folder):
            folders[:] = [name for name in folders if not is_noise(Path(root, name, "x.py"))]
            yield Path(root)
            for path in (Path(root, name) for name in files if name.endswith(".py")):
                if path != self.main and self.owns(path):
                    yield path


class _Taken:
    """A file as it was read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mark = self._fresh_mark()
        self._content = _content(path)

    def changed(self) -> bool:
        mark = _mark(self._path)
        if mark is not None and mark == self._mark:
            return False
        settled = self._fresh_mark()
        if _content(self._path) != self._content:
            return True
        self._mark = settled  # only its time is new
        return False

    def _fresh_mark(self) -> tuple[int, int, int] | None:
        """None for a file so new that it could be written again without its time telling."""
        mark = _mark(self._path)
        racy = mark is not None and time.time_ns() - mark[0] < RACY_NS
        return None if racy else mark


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _content(path: Path) -> bytes:
    """A file's bytes; a folder's modules and folders, by name."""
    try:
        if path.is_dir():
            return b"\n".join(sorted(_names(path)))
        return path.read_bytes()
    except OSError:
        return b""


def _names(folder: Path) -> Iterator[bytes]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py") or entry.is_dir():
                yield os.fsencode(entry.name)
