"""Whether a file can be a GGUF at all, before a worker is started for it."""

from __future__ import annotations

import struct
from pathlib import Path

from azrun.inference.errors import ModelLoadError

MAGIC = b"GGUF"
VERSIONS = (2, 3)


def check(path: Path) -> None:
    """Raises ModelLoadError, with the file and the reason, for what llama.cpp cannot load."""
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except FileNotFoundError:
        raise ModelLoadError(f"{path} does not exist", "Correct the path in azrun.toml.") from None
    except OSError as error:
        reason = f"{path} cannot be read: {error.strerror}"
        raise ModelLoadError(reason, "Correct the path in azrun.toml.") from error
    if head.startswith(b"version https://git-lfs"):
        raise ModelLoadError(f"{path} is a Git LFS pointer, not the model", "Run `git lfs pull`.")
    if not head.startswith(MAGIC):
        start = head[:4].decode("ascii", "backslashreplace") or "nothing"
        raise ModelLoadError(
            f"{path} is not a GGUF file: it begins with {start!r}, not with 'GGUF'",
            "Name a model in GGUF format in azrun.toml.",
        )
    if len(head) < 8 or (version := struct.unpack_from("<I", head, 4)[0]) not in VERSIONS:
        found = version if len(head) >= 8 else "missing"
        raise ModelLoadError(
            f"{path}: GGUF version {found}, where llama.cpp loads 2 and 3",
            "Convert the model again with a current llama.cpp.",
        )
