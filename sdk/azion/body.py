"""Bodies: what a message carries, given in many forms, read once."""

from __future__ import annotations

import builtins
import json
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any, TypeAlias

from azion.ai import AIStream
from azion.search_params import URLSearchParams
from azion.tee import close, tee
from azion.text import decode, to_json, well_formed

Bytes: TypeAlias = "builtins.bytes | bytearray | memoryview"
BodyInit: TypeAlias = (
    "str | Bytes | dict[str, Any] | list[Any] | URLSearchParams | AIStream"
    " | AsyncIterable[str | Bytes] | None"
)
Source: TypeAlias = "str | builtins.bytes | AsyncIterator[str | builtins.bytes] | None"

TEXT = "text/plain;charset=UTF-8"
FORM = "application/x-www-form-urlencoded;charset=UTF-8"
JSON = "application/json"
EVENTS = "text/event-stream"


class Body:
    """What Request and Response share: a body that can be read once."""

    __slots__ = ("_body", "_used")
    _body: Source
    _used: bool

    @property
    def body(self) -> BodyStream | None:
        """The body as an async iterator of bytes; None when there is none."""
        if self._body is None:
            return None
        if type(self._body) is not BodyStream:
            self._body = BodyStream(self._body, self._used)
        return self._body

    @property
    def body_used(self) -> bool:
        """Whether the body has been read, wholly or in part."""
        return self._used or (type(self._body) is BodyStream and self._body.disturbed)

    def _take(self) -> Source:
        """The body, which from now on is used."""
        if self.body_used:
            raise TypeError("Body already used. Keep what you read, or clone() before reading.")
        body = self._body
        self._used = body is not None
        return body.take() if type(body) is BodyStream else body

    def _fork(self) -> Source:
        """The body for a clone; this one keeps its own."""
        if self.body_used:
            raise TypeError("Body already used. Call clone() before reading.")
        body = self._body.take() if type(self._body) is BodyStream else self._body
        if body is None or isinstance(body, (str, builtins.bytes)):
            self._body = body
            return body
        self._body, other = tee(body)
        return other

    async def bytes(self) -> builtins.bytes:
        """The whole body. TypeError when it was used before."""
        body = self._take()
        if body is None:
            return b""
        if isinstance(body, (str, builtins.bytes)):
            return octets(body)
        return b"".join([octets(chunk) async for chunk in body])

    async def text(self) -> str:
        """The whole body, decoded from UTF-8. TypeError when it was used before."""
        if type(self._body) is str:
            self._take()
            return self._body.removeprefix("\ufeff")
        return decode(await self.bytes())

    async def _parse(self) -> Any:
        return json.loads(await self.text())

    bodyUsed = body_used
    array_buffer = arrayBuffer = bytes


class BodyStream:
    """A body's bytes, chunk by chunk. Reading it uses every body that it was given to."""

    __slots__ = ("_chunks", "_source", "disturbed")

    def __init__(self, source: Source, disturbed: bool) -> None:
        self._source, self.disturbed = source, disturbed
        self._chunks: AsyncIterator[str | bytes] | None = None

    def take(self) -> Source:
        """What is behind the stream, for who reads it in another way."""
        if self.disturbed:
            raise TypeError("Body already used. Read a body in one way.")
        self.disturbed = True
        source, self._source = self._source, None
        return source

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._chunks is None:
            self._chunks = chunks(self.take())
        return octets(await self._chunks.__anext__())

    async def aclose(self) -> None:
        """Gives up what has not been read."""
        if self._chunks is not None:
            await close(self._chunks)
        elif not self.disturbed:
            await close(self.take())


class Chunks:
    """A function's own stream, each chunk checked."""

    __slots__ = ("_source",)

    def __init__(self, source: AsyncIterator[Any]) -> None:
        self._source = source

    def __aiter__(self) -> AsyncIterator[str | bytes]:
        return self

    async def __anext__(self) -> str | bytes:
        chunk = await self._source.__anext__()
        if isinstance(chunk, str):
            return well_formed(chunk)
        if isinstance(chunk, (bytes, bytearray, memoryview)):
            return bytes(chunk)
        raise TypeError(f"A body's stream gave {type(chunk).__name__}. Give str or bytes.")

    async def aclose(self) -> None:
        """Closes the function's stream."""
        await close(self._source)


def extract(init: Any) -> tuple[Source, str | None]:
    """The body and the content type that stand for what a function gave."""
    if init is None:
        return None, None
    if isinstance(init, str):
        return well_formed(init), TEXT
    if isinstance(init, (bytes, bytearray, memoryview)):
        return bytes(init), None
    if isinstance(init, (dict, list)):
        return well_formed(to_json(init)), JSON
    if isinstance(init, URLSearchParams):
        return init.to_string(), FORM
    if isinstance(init, AIStream):
        return events(init), EVENTS
    if isinstance(init, BodyStream):
        if init.disturbed:
            raise TypeError("Body already used. Give a body that has not been read.")
        return init, None
    if isinstance(init, AsyncIterable):
        return Chunks(init.__aiter__()), None
    raise TypeError(
        f"A body cannot be made of {type(init).__name__}."
        " Give str, bytes, a dict or list for JSON, or an async iterable of str or bytes."
    )


async def events(stream: AIStream) -> AsyncIterator[str]:
    """A model's chunks as server-sent events."""
    try:
        async for chunk in stream:
            yield f"data: {to_json(chunk)}\n\n"
        yield "data: [DONE]\n\n"
    finally:
        await stream.aclose()


async def chunks(body: Source) -> AsyncIterator[str | bytes]:
    """Any body as chunks, none of them empty."""
    if body is None or isinstance(body, (str, bytes)):
        if body:
            yield body
        return
    try:
        async for chunk in body:
            if chunk:
                yield chunk
    finally:
        await close(body)


def octets(chunk: str | bytes) -> bytes:
    """A chunk as bytes."""
    return chunk.encode() if isinstance(chunk, str) else chunk
