"""What one function may use."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Limits(BaseModel):
    """A function's limits; the defaults are Azion's (Functions, "Limits")."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    memory_mb: int = Field(512, ge=64, le=4096, description="memory of one cell, in MB")
    cpu_seconds: float = Field(2.0, gt=0, description="CPU time of one invocation")
    wall_seconds: float = Field(300.0, gt=0, description="time of one invocation, waiting included")
    cold_start_seconds: float = Field(2.0, gt=0, description="CPU time to load the function")
    subrequests: int = Field(50, ge=0, description="calls of fetch() in one invocation")
    body_mb: int = Field(100, ge=1, description="a request's or a response's body, in MB")
    log_kb: int = Field(1024, ge=1, description="what one invocation may print, in KB")

    @property
    def memory_bytes(self) -> int:
        return self.memory_mb * 2**20

    @property
    def body_bytes(self) -> int:
        return self.body_mb * 2**20
