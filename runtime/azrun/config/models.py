"""`[models]` of `azrun.toml`: what stands behind each model id."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

CacheType = Literal["f32", "f16", "bf16", "q8_0", "q4_0", "q4_1", "iq4_nl", "q5_0", "q5_1"]
SOURCES = ("gguf", "repo", "endpoint", "stand_in")
BELONGS = {
    "mmproj": ("gguf", "repo"),
    "file": ("repo",),
    "revision": ("repo",),
    "model": ("endpoint",),
    "api_key_env": ("endpoint",),
}
ENGINE = (
    "context", "slots", "threads", "batch", "n_gpu_layers", "main_gpu", "flash_attn",
    "cache_type", "draft", "prefix_cache_mb",
)  # fmt: skip


class ModelEntry(BaseModel):
    """What stands behind one model id: a GGUF file, a file of a Hugging Face repository, an
    OpenAI-compatible endpoint or an embedded model; and how llama.cpp runs the first two and
    the last."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    gguf: Path | None = None
    repo: str | None = Field(None, pattern=r"^[\w.-]+/[\w.-]+$")
    file: str | None = None
    revision: str | None = Field(None, min_length=1)
    endpoint: str | None = None
    stand_in: str | None = None
    mmproj: Path | None = None
    model: str | None = Field(None, min_length=1)
    api_key_env: str | None = None

    context: int | None = Field(None, ge=8, description="tokens; the model's own when absent")
    slots: int | None = Field(None, ge=1, le=256, description="requests answered at once")
    threads: int | None = Field(None, ge=1)
    batch: int | None = Field(None, ge=1, description="tokens in one decode")
    n_gpu_layers: int = Field(-1, ge=-1, description="-1: all; a CPU build ignores it")
    main_gpu: int = Field(0, ge=0)
    flash_attn: bool | None = None
    cache_type: CacheType = "f16"
    draft: Path | None = None
    prefix_cache_mb: int = Field(256, ge=0, description="for prompts that left the context")
    preload: bool | None = None
    keep_alive_seconds: float | None = Field(None, ge=0, allow_inf_nan=True)

    @model_validator(mode="before")
    @classmethod
    def _is_one_table(cls, data: Any) -> Any:
        if isinstance(data, dict) and data and all(isinstance(v, dict) for v in data.values()):
            raise _wrong('a model id with a dot is written in quotes: [models."a.b"]')
        return data

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        given = [name for name in SOURCES if getattr(self, name) is not None]
        if not given:
            raise _wrong(
                "does not say what answers: give gguf, repo and file, endpoint or stand_in"
            )
        if len(given) > 1:
            raise _wrong(f"{' and '.join(given)} exclude each other: keep one")
        for name, sources in BELONGS.items():
            if getattr(self, name) is not None and given[0] not in sources:
                raise _wrong(f"{name} goes with {' or '.join(sources)}, not with {given[0]}")
        return self

    @model_validator(mode="after")
    def _has_a_whole_source(self) -> Self:
        if self.repo is not None:
            _check_file("file", self.file)
            if self.mmproj is not None:
                _check_file("mmproj", str(self.mmproj))
        if self.endpoint is not None:
            _check_endpoint(self.endpoint)
            _check_key_name(self.api_key_env)
            for name in (*ENGINE, "keep_alive_seconds"):
                if name in self.model_fields_set:
                    raise _wrong(f"{name} is the endpoint's own affair: set it there")
        return self

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.flash_attn is False and self.cache_type not in ("f32", "f16", "bf16"):
            raise _wrong(f'cache_type = "{self.cache_type}" needs flash_attn: leave it out')
        return self


class Models(BaseModel):
    """`[models]`: settings for all, and a table for each model id.

    `preload` and `keep_alive_seconds` are what a model's own table does not say; `memory_mb`
    is what all loaded models may take together, a share of the machine's memory when absent.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    stand_ins: bool = True
    preload: bool = False
    keep_alive_seconds: float = Field(300.0, ge=0, allow_inf_nan=True)
    memory_mb: int | None = Field(None, ge=64)
    entries: dict[str, ModelEntry] = Field(default_factory=dict)

    def preloads(self, entry: ModelEntry) -> bool:
        return self.preload if entry.preload is None else entry.preload

    def keep_alive(self, entry: ModelEntry) -> float:
        """Seconds; a model that is loaded at the start stays unless its own table says else."""
        if entry.keep_alive_seconds is not None:
            return entry.keep_alive_seconds
        return float("inf") if self.preloads(entry) else self.keep_alive_seconds


def _wrong(text: str) -> PydanticCustomError:
    return PydanticCustomError("model_entry", "{text}", {"text": text})


def _check_file(name: str, file: str | None) -> None:
    if file is None:
        raise _wrong(f"repo goes with {name}: name one of the repository's GGUF files")
    path = PurePosixPath(file)
    if path.is_absolute() or ".." in path.parts or path.suffix != ".gguf":
        raise _wrong(f"{name} is the name of a .gguf file inside the repository, not {file!r}")


def _check_endpoint(url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        good = False
    if not good:
        raise _wrong('endpoint is a URL such as "http://127.0.0.1:8080/v1"')
    if parts.username or parts.password or parts.query or parts.fragment:
        raise _wrong("endpoint is a bare URL: a key goes into .env, its name into api_key_env")


def _check_key_name(name: str | None) -> None:
    if name is not None and not (name.isascii() and name.isidentifier()):
        raise _wrong(
            "api_key_env is the name of an environment variable, such as OPENAI_API_KEY:"
            " the key itself does not belong into this file"
        )
