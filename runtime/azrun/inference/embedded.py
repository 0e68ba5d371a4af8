"""The tiny models that come with azrun, to stand in where no GGUF is configured."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from azrun.inference.types import Kind, ModelSettings


@dataclass(frozen=True, slots=True)
class StandIn:
    """One embedded model."""

    name: str
    kind: Kind
    settings: ModelSettings


def stand_ins(folders: tuple[Path, ...] | None = None) -> dict[Kind, StandIn]:
    """The embedded models whose files are there, by kind."""
    found = {}
    for folder in folders or _folders():
        gguf, mmproj = folder / "tiny-ocr.gguf", folder / "tiny-ocr-mmproj.gguf"
        if Kind.VISION not in found and gguf.is_file() and mmproj.is_file():
            settings = ModelSettings(gguf, mmproj)
            found[Kind.VISION] = StandIn("tiny-ocr", Kind.VISION, settings)
    return found


def _folders() -> tuple[Path, ...]:
    """Where a wheel has them, and where a checkout of the repository has them."""
    package = Path(str(files("azrun.inference")))
    return package / "embedded", package.parents[2] / "models" / "tiny-ocr"
