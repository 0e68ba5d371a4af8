"""The tiny models that come with azrun, to stand in where nothing is configured."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from azrun.inference.types import Kind, ModelSettings


@dataclass(frozen=True, slots=True)
class StandIn:
    """One embedded model; `does` says what it is good for, in a few words."""

    name: str
    kind: Kind
    settings: ModelSettings
    does: str = ""


KINDS = {
    "tiny-ocr": Kind.VISION,
    "tiny-chat": Kind.CHAT,
    "tiny-embed": Kind.EMBEDDING,
    "tiny-rerank": Kind.RERANK,
}
DOES = {
    Kind.VISION: "reads printed text in images",
    Kind.CHAT: "answers in a short sentence",
    Kind.EMBEDDING: "makes vectors of texts",
    Kind.RERANK: "ranks documents",
}
PROJECTED = frozenset({"tiny-ocr"})  # those with a NAME-mmproj.gguf beside


def embedded(roots: tuple[Path, ...] | None = None) -> dict[str, StandIn]:
    """The embedded models whose files are there, by name."""
    found = (_find(name, roots or _roots()) for name in KINDS)
    return {one.name: one for one in found if one is not None}


def stand_ins(roots: tuple[Path, ...] | None = None) -> dict[Kind, StandIn]:
    """The embedded model that stands in for each kind."""
    by_kind: dict[Kind, StandIn] = {}
    for one in embedded(roots).values():
        by_kind.setdefault(one.kind, one)
    return by_kind


def _find(name: str, roots: tuple[Path, ...]) -> StandIn | None:
    for folder in (where for root in roots for where in (root, root / name)):
        gguf = folder / f"{name}.gguf"
        mmproj = folder / f"{name}-mmproj.gguf" if name in PROJECTED else None
        if gguf.is_file() and (mmproj is None or mmproj.is_file()):
            kind = KINDS[name]
            return StandIn(name, kind, ModelSettings(gguf, mmproj), DOES[kind])
    return None


def _roots() -> tuple[Path, ...]:
    """Where a wheel has them, and where a checkout of the repository has them."""
    package = Path(str(files("azrun.inference")))
    return package / "embedded", package.parents[2] / "models"
