"""One file from a hub onto the disk: resumed where it stopped, checked, then named."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

import httpx2

from azrun.inference.hub.api import Hub, Remote
from azrun.inference.hub.errors import HubError, garbage, unreachable, unwritable
from azrun.inference.store import checksum

PIECE = 2**20
ATTEMPTS = 5  # in a row that bring nothing
PAUSE = 0.5  # seconds before the second attempt, longer before each further one
Progress = Callable[[int], None]


def part_of(target: Path, remote: Remote) -> Path:
    """Where the file grows; another version of it grows elsewhere."""
    return target.with_name(f"{target.name}.{remote.checksum[:12]}.part")


def is_there(target: Path, remote: Remote) -> bool:
    """Whether that very file is in the store already."""
    try:
        if target.stat().st_size != remote.size:
            return False
        if checksum(target).is_file():
            return checksum(target).read_text("ascii").split()[:1] == [remote.checksum]
        with FileIO(target) as file:
            return _Digest(remote).feed(file).good
    except (OSError, ValueError):
        return False


def download(hub: Hub, remote: Remote, target: Path, progress: Progress) -> None:
    """Puts the file at `target`, which appears whole and checked or not at all. Raises HubError;
    what came until then is kept for the next time. `progress` hears the bytes that are there."""
    part = part_of(target, remote)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _claimed(part) as file:
            digest = _Digest(remote).feed(file, progress)
            if digest.length > remote.size:
                digest = _again(file, remote)
            digest = _fill(hub, remote, file, digest, progress)
            if not digest.good:
                part.unlink()
                raise garbage(hub.endpoint, f"the checksum of {remote.name} is wrong")
            os.fsync(file.fileno())
            checksum(target).unlink(missing_ok=True)
            part.replace(target)
        if len(remote.checksum) == 64:
            checksum(target).write_text(f"{remote.checksum}  {target.name}\n", "ascii")
        for other in target.parent.glob(f"{target.name}.*.part"):
            other.unlink()
    except OSError as error:
        raise unwritable(target, error) from error


class _Digest:
    """The checksum of what is there of a file."""

    def __init__(self, remote: Remote) -> None:
        self.length = 0
        self._remote = remote
        self._hash = hashlib.sha256()
        if len(remote.checksum) == 40:
            self._hash = hashlib.sha1(b"blob %d\0" % remote.size, usedforsecurity=False)

    def add(self, data: bytes) -> None:
        self._hash.update(data)
        self.length += len(data)

    def feed(self, file: FileIO, progress: Progress = lambda _: None) -> _Digest:
        file.seek(0)
        while data := file.read(PIECE):
            self.add(data)
            progress(self.length)
        return self

    @property
    def good(self) -> bool:
        return self.length == self._remote.size and self._hash.hexdigest() == self._remote.checksum


@contextmanager
def _claimed(part: Path) -> Iterator[FileIO]:
    """The growing file, for this process alone."""
    with FileIO(part, "a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            mine = os.path.samestat(os.fstat(file.fileno()), part.stat())
        except (BlockingIOError, FileNotFoundError):
            mine = False
        if not mine:
            raise HubError(
                f"another process is pulling {part.name.rsplit('.', 2)[0]}",
                "Wait until it has ended, and pull again.",
            )
        yield file


def _fill(hub: Hub, remote: Remote, file: FileIO, digest: _Digest, progress: Progress) -> _Digest:
    """Reads on until the file is as long as it should be."""
    failures, furthest = 0, digest.length
    while digest.length < remote.size:
        before = digest.length
        try:
            with hub.read(remote, before) as response:
                if response.status_code == 416 or (before and response.status_code == 200):
                    digest = _again(file, remote)
                if response.status_code != 416:
                    _check_start(hub, response, digest.length)
                    _take(hub, remote, response, file, digest, progress)
        except httpx2.HTTPError as error:
            reason = str(error) or type(error).__name__
        else:
            reason = "it sends less than the whole file"
        failures = 0 if digest.length > furthest else failures + 1
        furthest = max(furthest, digest.length)
        if failures >= ATTEMPTS:
            raise unreachable(hub.endpoint, reason)
        if digest.length < remote.size:
            time.sleep(PAUSE * failures)
    return digest


def _take(
    hub: Hub,
    remote: Remote,
    response: httpx2.Response,
    file: FileIO,
    digest: _Digest,
    progress: Progress,
) -> None:
    for data in response.iter_raw():
        if digest.length + len(data) > remote.size:
            _again(file, remote)
            raise garbage(hub.endpoint, f"{remote.name} is longer than it said")
        _write(file, data)
        digest.add(data)
        progress(digest.length)


def _write(file: FileIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _check_start(hub: Hub, response: httpx2.Response, start: int) -> None:
    if response.status_code == 206:
        said = response.headers.get("Content-Range", "")
        if not said.startswith(f"bytes {start}-"):
            raise garbage(hub.endpoint, f"it sent another range than asked for: {said!r}")


def _again(file: FileIO, remote: Remote) -> _Digest:
    """From the beginning."""
    file.truncate(0)
    return _Digest(remote)
