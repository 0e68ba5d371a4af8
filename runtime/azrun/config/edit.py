"""Tables of `azrun.toml` added and taken away, with all that a person wrote there kept."""

from __future__ import annotations

import json
import os
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from azrun.errors import ConfigError


def table(id: str, values: Mapping[str, str]) -> str:
    """`[models."ID"]` with its values, as it is written in the file."""
    lines = [f"[models.{_quoted(id)}]"]
    lines += [f"{name} = {_quoted(value)}" for name, value in values.items()]
    return "\n".join(lines) + "\n"


def add_model(path: Path, id: str, values: Mapping[str, str]) -> None:
    """Appends a model's table; there must be none yet. Raises ConfigError."""
    text = _read(path)
    gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    expected = _parsed(path, text)
    models = expected.setdefault("models", {})
    if isinstance(models, dict):
        models[id] = dict(values)
    _write(path, text + gap + table(id, values), expected, table(id, values))


def remove_model(path: Path, id: str) -> None:
    """Takes a model's table away; the comments after its last value stay. Raises ConfigError."""
    text = _read(path)
    lines = text.splitlines(keepends=True)
    expected = _parsed(path, text)
    del expected["models"][id]
    if not expected["models"]:
        del expected["models"]
    start = next((at for at, line in enumerate(lines) if _opens(line, id)), len(lines))
    rest = range(start + 1, len(lines))
    end = next((at for at in rest if lines[at].lstrip().startswith("[")), len(lines))
    while end > start + 1 and _says_nothing(lines[end - 1]):
        end -= 1
    while start and end < len(lines) and not lines[start - 1].strip() and not lines[end].strip():
        start -= 1
    _write(path, "".join(lines[:start] + lines[end:]), expected, f"[models.{_quoted(id)}] …")


def _write(path: Path, text: str, expected: dict[str, Any], what: str) -> None:
    """Puts the text in the file's place, if it says what is expected."""
    try:
        right = tomllib.loads(text) == expected
    except tomllib.TOMLDecodeError:
        right = False
    if not right:
        raise ConfigError(
            f"{path} is written in a way that azrun does not edit", f"Change it by hand:\n{what}"
        )
    target = path.resolve()
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        fresh.write_text(text, "utf-8", newline="")
        if target.exists():
            shutil.copymode(target, fresh)
        fresh.replace(target)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise ConfigError(
            f"{path} cannot be written: {error.strerror}", f"Change it by hand:\n{what}"
        ) from error


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", "Mend it.") from None


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}", "Mend it there.") from None


def _opens(line: str, id: str) -> bool:
    """Whether the line is the head of the model's table, however it is quoted."""
    try:
        return line.lstrip().startswith("[") and tomllib.loads(line) == {"models": {id: {}}}
    except tomllib.TOMLDecodeError:
        return False


def _says_nothing(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
