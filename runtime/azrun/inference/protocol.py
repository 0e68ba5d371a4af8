"""The messages between the host and a worker process, and their form on the pipe.

A frame is `header length, blob length` (two 32-bit big-endian numbers), a JSON header, and the
blobs one after the other. Only a `Generate` has blobs: its images. Neither side trusts the
other's frames: they are checked for size and shape before they are used.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from azrun.inference.types import GenerateRequest, ModelInfo, ModelSettings

PREFIX = struct.Struct("!II")
LARGEST_REQUEST = 512 * 2**20
LARGEST_EVENT = 4 * 2**20


@dataclass(frozen=True, slots=True)
class Load:
    """To the worker, first of all."""

    settings: ModelSettings
    type: Literal["load"] = "load"


@dataclass(frozen=True, slots=True)
class Generate:
    id: int
    request: GenerateRequest
    blobs: tuple[int, ...] = ()
    type: Literal["generate"] = "generate"


@dataclass(frozen=True, slots=True)
class Cancel:
    id: int
    type: Literal["cancel"] = "cancel"


@dataclass(frozen=True, slots=True)
class Loaded:
    info: ModelInfo
    type: Literal["loaded"] = "loaded"


@dataclass(frozen=True, slots=True)
class LoadFailed:
    """The worker ends after this one."""

    reason: str
    type: Literal["load_failed"] = "load_failed"


@dataclass(frozen=True, slots=True)
class Started:
    """The request is accepted: its prompt fits."""

    id: int
    prompt_tokens: int
    type: Literal["started"] = "started"


@dataclass(frozen=True, slots=True)
class Piece:
    """Text of answer `index`; `tokens` are those of all the request's answers so far."""

    id: int
    index: int
    text: str
    tokens: int
    finish_reason: str | None = None
    stop_reason: str | None = None
    type: Literal["piece"] = "piece"


@dataclass(frozen=True, slots=True)
class Done:
    """The request's end, cancelled or not, after `steps` decode steps: the worker is free."""

    id: int
    steps: int
    type: Literal["done"] = "done"


@dataclass(frozen=True, slots=True)
class Failed:
    """The request's end; `kind` says whose fault: the request's, the model's, or ours."""

    id: int
    kind: Literal["invalid", "unsupported", "internal"]
    message: str
    hint: str = ""
    type: Literal["failed"] = "failed"


Request = Load | Generate | Cancel
Event = Loaded | LoadFailed | Started | Piece | Done | Failed

_REQUESTS: TypeAdapter[Request] = TypeAdapter(Annotated[Request, Field(discriminator="type")])
_EVENTS: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="type")])


def encode_request(message: Request) -> bytes:
    blobs: tuple[bytes, ...] = ()
    if isinstance(message, Generate):
        blobs = message.request.images
        request = replace(message.request, images=())
        message = Generate(message.id, request, tuple(len(blob) for blob in blobs))
    header = _REQUESTS.dump_json(message)
    return b"".join((PREFIX.pack(len(header), sum(map(len, blobs))), header, *blobs))


def encode_event(message: Event) -> bytes:
    header = _EVENTS.dump_json(message)
    return PREFIX.pack(len(header), 0) + header


def sizes(prefix: bytes, largest: int) -> tuple[int, int]:
    """A frame's header and blob lengths; ValueError where a frame is larger than `largest`."""
    header, blobs = PREFIX.unpack(prefix)
    if header + blobs > largest:
        raise ValueError(f"a frame of {header + blobs} bytes, where {largest} is the most")
    return header, blobs


def decode_request(header: bytes, blobs: bytes) -> Request:
    message = _REQUESTS.validate_json(header)
    if not isinstance(message, Generate):
        return message
    images, start = [], 0
    for size in message.blobs:
        images.append(blobs[start : start + size])
        start += size
    return replace(message, request=replace(message.request, images=tuple(images)), blobs=())


def decode_event(header: bytes) -> Event:
    return _EVENTS.validate_json(header)
