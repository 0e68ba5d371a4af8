"""The messages between the host and a worker process, and their form on the pipe.

A frame is `header length, blob length` (two 32-bit big-endian numbers), a JSON header, and the
blobs one after the other. Only a `Generate` (its images) and a `Vectors` have blobs. Neither
side trusts the other's frames: they are checked for size and shape before they are used.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Literal, NamedTuple

from pydantic import ConfigDict, Field, TypeAdapter

from azrun.inference.types import (
    Doubt,
    EmbedRequest,
    GenerateRequest,
    ModelInfo,
    ModelSettings,
    RerankRequest,
)

PREFIX = struct.Struct("!II")
LARGEST_REQUEST = 512 * 2**20
LARGEST_EVENT = 64 * 2**20


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
class Embed:
    id: int
    request: EmbedRequest
    type: Literal["embed"] = "embed"


@dataclass(frozen=True, slots=True)
class Rerank:
    id: int
    request: RerankRequest
    type: Literal["rerank"] = "rerank"


@dataclass(frozen=True, slots=True)
class Cancel:
    id: int
    type: Literal["cancel"] = "cancel"


@dataclass(frozen=True, slots=True)
class Loading:
    """How far the load is, 0 to 1."""

    fraction: float
    type: Literal["loading"] = "loading"


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
    """The request is accepted: its prompt fits. `thinking`: the prompt ends inside a thought.
    `doubts` are of a stand-in alone, where it is asked for more than it is made for."""

    id: int
    prompt_tokens: int
    thinking: bool = False
    doubts: tuple[Doubt, ...] = ()
    type: Literal["started"] = "started"


@dataclass(frozen=True, slots=True)
class Begun:
    """The request has left the queue; `cached_tokens` of its prompt need no computation."""

    id: int
    cached_tokens: int
    type: Literal["begun"] = "begun"


class Likely(NamedTuple):
    """A token's bytes, each written as the character of its number, and its log-probability."""

    token: str
    logprob: float


class Logprobs(NamedTuple):
    chosen: Likely
    top: list[Likely]


class Piece(NamedTuple):
    """Text of answer number `answer`; `tokens` are those of all the request's answers so far."""

    id: int
    answer: int
    text: str
    tokens: int
    finish_reason: str | None = None
    stop_reason: str | None = None
    logprobs: list[Logprobs] | None = None


@dataclass(frozen=True, slots=True)
class Pieces:
    """What one decode step made, for all requests."""

    pieces: list[Piece]
    type: Literal["pieces"] = "pieces"


@dataclass(frozen=True, slots=True)
class Vectors:
    """An Embed's end: 32-bit floats, little-endian, one vector of `width` after the other."""

    id: int
    width: int
    prompt_tokens: int
    data: bytes = b""
    type: Literal["vectors"] = "vectors"


@dataclass(frozen=True, slots=True)
class Scored:
    """A Rerank's end."""

    id: int
    scores: list[float]
    prompt_tokens: int
    type: Literal["scored"] = "scored"


@dataclass(frozen=True, slots=True)
class Done:
    """A Generate's end, and that of whatever was cancelled."""

    id: int
    type: Literal["done"] = "done"


@dataclass(frozen=True, slots=True)
class Failed:
    """The request's end; `kind` says whose fault: the request's, the model's, or ours."""

    id: int
    kind: Literal["invalid", "unsupported", "internal"]
    message: str
    hint: str = ""
    type: Literal["failed"] = "failed"


@dataclass(frozen=True, slots=True)
class Counted:
    """The worker's totals since its start, when they have changed."""

    decode_steps: int
    decoded_tokens: int
    preemptions: int
    evictions: int
    type: Literal["counted"] = "counted"

    def __add__(self, other: Counted) -> Counted:
        """Of two workers."""
        return Counted(
            self.decode_steps + other.decode_steps,
            self.decoded_tokens + other.decoded_tokens,
            self.preemptions + other.preemptions,
            self.evictions + other.evictions,
        )


Job = Generate | Embed | Rerank
Request = Load | Job | Cancel
Event = (
    Loading | Loaded | LoadFailed | Started | Begun | Pieces | Vectors | Scored | Done | Failed
    | Counted
)  # fmt: skip

_INFINITE = ConfigDict(ser_json_inf_nan="constants")  # by itself null, which is no number
_REQUESTS: TypeAdapter[Request] = TypeAdapter(
    Annotated[Request, Field(discriminator="type")], config=_INFINITE
)
_EVENTS: TypeAdapter[Event] = TypeAdapter(
    Annotated[Event, Field(discriminator="type")], config=_INFINITE
)


def encode_request(message: Request) -> bytes:
    blobs: tuple[bytes, ...] = ()
    if isinstance(message, Generate):
        blobs = message.request.images
        request = replace(message.request, images=())
        message = Generate(message.id, request, tuple(len(blob) for blob in blobs))
    header = _REQUESTS.dump_json(message)
    return b"".join((PREFIX.pack(len(header), sum(map(len, blobs))), header, *blobs))


def encode_event(message: Event) -> bytes:
    blob = b""
    if isinstance(message, Vectors):
        message, blob = replace(message, data=b""), message.data
    header = _EVENTS.dump_json(message)
    return PREFIX.pack(len(header), len(blob)) + header + blob


def sizes(prefix: bytes | bytearray, largest: int) -> tuple[int, int]:
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


def decode_event(header: bytes, blob: bytes = b"") -> Event:
    """ValueError where it is no event."""
    event = _EVENTS.validate_json(header)
    if isinstance(event, Vectors):
        if event.width < 1 or len(blob) % (4 * event.width):
            raise ValueError(f"{len(blob)} bytes of vectors of {event.width}")
        return replace(event, data=blob)
    return event


class Frames:
    """Events out of the bytes that a worker sends, however they are cut."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[Event]:
        """The events that are whole now. ValueError for what is none."""
        rest = self._rest
        rest += data
        while len(rest) >= PREFIX.size:
            header, blob = sizes(rest[: PREFIX.size], LARGEST_EVENT)
            middle = PREFIX.size + header
            end = middle + blob
            if len(rest) < end:
                return
            event = decode_event(bytes(rest[PREFIX.size : middle]), bytes(rest[middle:end]))
            del rest[:end]
            yield event
