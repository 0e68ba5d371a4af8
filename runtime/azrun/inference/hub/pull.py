"""All files of a model into the store."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from azrun.inference.hub.api import Hub, Remote
from azrun.inference.hub.download import download, is_there, part_of
from azrun.inference.hub.errors import HubError
from azrun.inference.store import Source, Store
from azrun.observe.units import size

Report = Callable[[str, int, int], None]
"""Takes a file's name, its bytes that are there, and its bytes in all."""


def pull(source: Source, store: Store, report: Report, hub: Hub | None = None) -> list[Path]:
    """Downloads what the store has not, and gives the paths of all files of the source.

    Resumes what an earlier pull left; a file appears under its name when it is whole and its
    checksum is right. Raises HubError.
    """
    hub = hub or Hub()
    remotes = [hub.find(source, name) for name in source.files]
    targets = {remote: store.path(source, remote.name) for remote in remotes}
    missing = {remote: path for remote, path in targets.items() if not is_there(path, remote)}
    _check_space(store.root, missing)
    for remote, path in targets.items():
        if remote in missing:
            download(hub, remote, path, partial(_say, report, remote))
        else:
            report(remote.name, remote.size, remote.size)
    return list(targets.values())


def _say(report: Report, remote: Remote, done: int) -> None:
    report(remote.name, done, remote.size)


def _check_space(root: Path, missing: dict[Remote, Path]) -> None:
    there = sum(_length(part_of(path, remote)) for remote, path in missing.items())
    needed = sum(remote.size for remote in missing) - there
    folder = next(folder for folder in (root, *root.absolute().parents) if folder.is_dir())
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise HubError(
            f"{size(needed)} are to be downloaded, and {root} has room for {size(free)}",
            "Free some space, choose a smaller quantisation, or set AZRUN_MODELS to a folder on"
            " another disk.",
        )


def _length(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
