"""`azrun.toml`: what is local to this machine, and nothing that belongs to Azion."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from azrun.config.limits import Limits
from azrun.config.models import ModelEntry, Models

__all__ = ["FetchPolicy", "FunctionSettings", "Local", "ModelEntry", "Models", "Server"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Server(_Model):
    """Where azrun listens."""

    host: str = "127.0.0.1"
    port: int = Field(3333, ge=0, le=65535)
    drain_seconds: float = Field(30.0, ge=0, description="for requests under way at the end")


class FetchPolicy(_Model):
    """What `fetch()` in a function may reach."""

    allow_private: bool = Field(False, description="private, loopback and link-local addresses")
    timeout_seconds: float = Field(60.0, gt=0, description="to connect, and between two reads")


class FunctionSettings(_Model):
    """`[functions.NAME]`."""

    isolation: Literal["cell", "request"] | None = None
    limits: dict[str, int | float] = Field(default_factory=dict)


class Local(_Model):
    """The whole file."""

    server: Server = Field(default_factory=Server)
    isolation: Literal["cell", "request"] = "cell"
    limits: Limits = Field(default_factory=Limits)
    fetch: FetchPolicy = Field(default_factory=FetchPolicy)
    env: dict[str, str] = Field(default_factory=dict)
    models: Models = Field(default_factory=Models)
    functions: dict[str, FunctionSettings] = Field(default_factory=dict)
