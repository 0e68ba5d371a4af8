"""Where pulled models lie on this machine: `OWNER/NAME/FILE` under one folder.

A file under its own name is whole and checked; what is still being pulled ends in `.part`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path

_SPLIT = re.compile(r"^(?P<stem>.+)-00001-of-(?P<count>\d{5})\.gguf$")


@dataclass(frozen=True, slots=True)
class Source:
    """Files of a Hugging Face repository: a GGUF (of a split one, its first part), and for
    vision its projector. `revision` is a branch, a tag or a commit; None is the main branch."""

    repo: str
    file: str
    mmproj: str | None = None
    revision: str | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """All that is pulled, every part of a split GGUF too."""
        return (*parts(self.file), *((self.mmproj,) if self.mmproj else ()))


class Store:
    """The folder of pulled models; $AZRUN_MODELS names another than the user's own."""

    def __init__(self, root: Path | None = None) -> None:
        named = os.environ.get("AZRUN_MODELS")
        own = Path(named).expanduser() if named else user_data_path("azrun") / "models"
        self.root = root or own

    def path(self, source: Source, file: str) -> Path:
        """Where a file of the repository lies, or will."""
        revision = f"@{source.revision.replace('/', '--')}" if source.revision else ""
        return self.root / f"{source.repo}{revision}" / file

    def gguf(self, source: Source) -> Path:
        return self.path(source, source.file)

    def mmproj(self, source: Source) -> Path | None:
        return self.path(source, source.mmproj) if source.mmproj else None

    def has(self, source: Source) -> bool:
        """Whether every file of the source is there."""
        return all(self.path(source, file).is_file() for file in source.files)

    def size(self, source: Source) -> int:
        """Bytes of the source's files that are there, whole or in part."""
        return sum(path.stat().st_size for path in self._existing(source))

    def remove(self, source: Source) -> int:
        """Deletes the source's files; the bytes that this freed."""
        freed = 0
        for path in list(self._existing(source)):
            freed += path.stat().st_size
            path.unlink()
            checksum(path).unlink(missing_ok=True)
        self._sweep(self.path(source, source.file).parent)
        return freed

    def models(self) -> list[Path]:
        """Every GGUF in the store."""
        return sorted(self.root.glob("**/*.gguf"))

    def _existing(self, source: Source) -> Iterator[Path]:
        for file in source.files:
            path = self.path(source, file)
            if path.is_file():
                yield path
            yield from path.parent.glob(f"{path.name}.*.part")

    def _sweep(self, folder: Path) -> None:
        while folder != self.root and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent


def parts(file: str) -> tuple[str, ...]:
    """The names of all parts of a split GGUF, by its first; else the name alone."""
    if not (split := _SPLIT.match(file)):
        return (file,)
    stem, count = split["stem"], split["count"]
    return tuple(f"{stem}-{number:05}-of-{count}.gguf" for number in range(1, int(count) + 1))


def checksum(path: Path) -> Path:
    """Beside a file of the store, its checksum as `sha256sum -c` takes it."""
    return path.with_name(f"{path.name}.sha256")
