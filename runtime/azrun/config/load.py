"""Both files into one typed Config, or one error that says where and what."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from dotenv import dotenv_values
from pydantic import BaseModel, ValidationError

from azrun.config.azion import Application, FunctionEntry, Manifest
from azrun.config.limits import Limits
from azrun.config.local import FunctionSettings, Local
from azrun.config.models import ModelEntry
from azrun.errors import ConfigError

MANIFEST = "azion.config.json"
LOCAL = "azrun.toml"

ModelT = TypeVar("ModelT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Config:
    """What a project says of itself. `folder` is where its paths start."""

    folder: Path
    manifest: Manifest
    local: Local
    env: dict[str, str]

    @property
    def application(self) -> Application:
        """The first active application: the one that is served."""
        return next(a for a in self.manifest.applications if a.active)

    def function_path(self, entry: FunctionEntry) -> Path:
        return (self.folder / entry.path).resolve()

    def settings(self, name: str) -> FunctionSettings:
        return self.local.functions.get(name, FunctionSettings())

    def limits(self, name: str) -> Limits:
        """The function's limits: `[limits]`, then `[functions.NAME.limits]` over it."""
        own = self.settings(name).limits
        return Limits.model_validate(self.local.limits.model_dump() | own)


def load_config(path: str | Path = MANIFEST) -> Config:
    """Reads `azion.config.json` (or the folder that holds it), `azrun.toml` and `.env` beside it.

    Raises ConfigError, with the file, the place in it and what to do.
    """
    path = Path(path).resolve()
    if path.is_dir():
        path = path / MANIFEST
    folder = path.parent
    manifest = _parse(Manifest, path, _read_json(path))
    local = _parse(Local, folder / LOCAL, _read_toml(folder / LOCAL))
    env = {k: v or "" for k, v in dotenv_values(folder / ".env").items()} | local.env
    config = Config(folder, manifest, _resolved(local, folder), env)
    _check(config, path)
    return config


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"{path} does not exist",
            "Run `azrun init NAME` to make a project, or name the file with --config.",
        ) from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} is not JSON: {error}", "Mend it there.") from None


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} is not TOML: {error}", "Mend it there.") from None
    models = data.get("models")
    if isinstance(models, dict):
        tables = {name: value for name, value in models.items() if isinstance(value, dict)}
        settings = {name: value for name, value in models.items() if name not in tables}
        data["models"] = {"entries": tables} | settings
    return data


def _parse(model: type[ModelT], path: Path, data: Any) -> ModelT:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ConfigError(_report(path, error), f"Mend {path.name} there.") from None


def _report(path: Path, error: ValidationError, within: tuple[str, ...] = ()) -> str:
    """Azion's own form of such a message: the first three errors."""
    lines = [f"{path}: configuration validation failed"]
    for number, problem in enumerate(error.errors()[:3], 1):
        place = _place((*within, *map(str, problem["loc"])))
        lines += [f"  error #{number}: {problem['msg']}", f"    path: {place}"]
    return "\n".join(lines)


def _place(parts: tuple[str, ...]) -> str:
    """As it is written in the file: there, a model's table is in `models` itself."""
    if parts[:2] == ("models", "entries") and len(parts) > 2:
        parts = ("models", f'"{parts[2]}"', *parts[3:])
    return ".".join(parts) or "the file"


def _resolved(local: Local, folder: Path) -> Local:
    """Model files relative to the project's folder; those of a repository are named in it."""

    def found(entry: ModelEntry) -> ModelEntry:
        names = ("draft",) if entry.repo else ("gguf", "mmproj", "draft")
        paths = {name: path for name in names if (path := getattr(entry, name)) is not None}
        return entry.model_copy(update={n: folder / p.expanduser() for n, p in paths.items()})

    entries = {name: found(entry) for name, entry in local.models.entries.items()}
    models = local.models.model_copy(update={"entries": entries})
    return local.model_copy(update={"models": models})


def _check(config: Config, path: Path) -> None:
    functions = {f.name: f for f in config.manifest.functions}
    if not any(a.active for a in config.manifest.applications):
        raise ConfigError(f"{path} has no active application", "Add one under `applications`.")
    for instance in config.application.functions_instances:
        if instance.ref not in functions:
            known = ", ".join(sorted(functions)) or "none"
            raise ConfigError(
                f"{path}: the instance {instance.name!r} refers to a function {instance.ref!r}",
                f"Name one of `functions` (there are: {known}).",
            )
    for name, entry in functions.items():
        _check_function(config, entry)
        _check_limits(config, name)
    for name in config.local.functions:
        if name not in functions:
            raise ConfigError(
                f"{LOCAL} has settings for a function {name!r} that {path.name} does not have",
                "Rename the table, or add the function.",
            )


def _check_function(config: Config, entry: FunctionEntry) -> None:
    path = config.function_path(entry)
    if not path.is_file():
        raise ConfigError(
            f"the function {entry.name!r} has no file: {path}",
            f"Make it, or change its `path` in {MANIFEST}.",
        )
    if entry.execution_environment == "firewall":
        raise ConfigError(
            f"the function {entry.name!r} is a firewall function",
            "This version of azrun runs functions of applications alone.",
        )
    if path.suffix != ".py":
        raise ConfigError(
            f"the function {entry.name!r} is not Python: {path.name}",
            "This version of azrun runs functions written in Python (.py).",
        )


def _check_limits(config: Config, name: str) -> None:
    try:
        config.limits(name)
    except ValidationError as error:
        place = ("functions", name, "limits")
        raise ConfigError(
            _report(config.folder / LOCAL, error, place), f"Mend {LOCAL} there."
        ) from None
