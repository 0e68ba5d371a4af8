"""`azion.config.json`, as far as azrun serves it: the manifest shape of Azion's tools.

Source: aziontech/lib, packages/config, schemaManifest (unknown keys are refused there too).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)


class FunctionEntry(_Model):
    """One of `functions`: a source file and its default arguments."""

    name: str = Field(min_length=1, max_length=250)
    path: str
    runtime: Literal["azion_js"] | None = None
    default_args: Any = Field(default_factory=dict)
    execution_environment: Literal["application", "firewall"] = "application"
    active: bool = True
    bindings: dict[str, Any] = Field(default_factory=dict)


class FunctionInstance(_Model):
    """One of an application's `functionsInstances`: a function with arguments of its own."""

    name: str = Field(min_length=1, max_length=250)
    ref: str
    args: Any = Field(default_factory=dict)
    active: bool = True


Operator = Literal[
    "is_equal", "is_not_equal", "starts_with", "does_not_start_with",
    "matches", "does_not_match", "exists", "does_not_exist",
]  # fmt: skip


class Criterion(_Model):
    """One comparison of a rule; `conditional` joins it to the one before."""

    variable: str = Field(pattern=r"^\$\{[A-Za-z0-9_]+\}$")
    conditional: Literal["if", "and", "or"]
    operator: Operator
    argument: str | int | None = None


Group = Annotated[list[Criterion], Field(min_length=1)]


class BehaviorAttributes(_Model):
    value: str | int


class Behavior(_Model):
    """What a rule does when it matches."""

    type: str
    attributes: BehaviorAttributes | None = None


class Rule(_Model):
    """Runs its behaviors when one criterion of each of its groups holds."""

    name: str
    description: str = ""
    active: bool = True
    criteria: list[Group] = Field(min_length=1, max_length=5)
    behaviors: list[Behavior] = Field(min_length=1, max_length=10)


class Rules(_Model):
    request: list[Rule] = Field(default_factory=list)
    response: list[Rule] = Field(default_factory=list)


class Application(_Model):
    """What a domain serves."""

    name: str = Field(min_length=1, max_length=250)
    active: bool = True
    debug: bool = False
    edge_cache_enabled: bool = True
    functions_enabled: bool = False
    application_accelerator_enabled: bool = False
    image_processor_enabled: bool = False
    cache: list[dict[str, Any]] = Field(default_factory=list)
    rules: Rules = Field(default_factory=Rules)
    device_groups: list[dict[str, Any]] = Field(default_factory=list)
    functions_instances: list[FunctionInstance] = Field(default_factory=list)


class Manifest(_Model):
    """The whole file."""

    build: dict[str, Any] = Field(default_factory=dict)
    functions: list[FunctionEntry] = Field(default_factory=list)
    applications: list[Application] = Field(default_factory=list)
    workloads: list[dict[str, Any]] = Field(default_factory=list)
    purge: list[dict[str, Any]] = Field(default_factory=list)
    firewall: list[dict[str, Any]] = Field(default_factory=list)
    network_list: list[dict[str, Any]] = Field(default_factory=list)
    waf: list[dict[str, Any]] = Field(default_factory=list)
    connectors: list[dict[str, Any]] = Field(default_factory=list)
    custom_pages: list[dict[str, Any]] = Field(default_factory=list)
    storage: list[dict[str, Any]] = Field(default_factory=list)
    kv: list[dict[str, Any]] = Field(default_factory=list)
