"""One model call: from what a caller gives to the bodies it gets."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

from azrun.ai.images import GetImage, read_image
from azrun.ai.messages import generate_request, image_urls
from azrun.ai.requests import ChatRequest
from azrun.ai.responses import Answer, ChatResponse, tool_call
from azrun.ai.validation import parse
from azrun.inference.errors import InvalidRequest, Unsupported
from azrun.inference.registry import Model, Registry
from azrun.inference.tool_calls import read_calls
from azrun.inference.types import Chunk, GenerateRequest, ModelUse, Usage


async def run(
    registry: Registry, id: Any, given: Any, get_image: GetImage, uses: list[ModelUse]
) -> dict[str, Any] | Stream:
    """The response's body, or, where the request streams, one body a chunk.

    The call is added to `uses` once a model has taken it up. Raises InferenceError, before a
    stream begins for everything that is wrong with the request.
    """
    if not isinstance(id, str):
        raise InvalidRequest("the model must be a string: its id, the first argument")
    model = registry.resolve(id)
    request = parse(id, model.spec, given)
    if not isinstance(request, ChatRequest):
        raise Unsupported(
            f"{id}: this version of azrun runs chat and vision models,"
            " embedding and rerank models not yet.",
            "Mock this call.",
        )
    images = tuple([await read_image(url, at, get_image) for at, url in image_urls(request)])
    tools = tuple(given.get("tools") or ())
    call = _Call(model, generate_request(request, images, tools, model.spec))
    uses.append(await call.accepted())
    response = ChatResponse(id)
    if request.stream:
        return Stream(call, response, request.stream_options.include_usage)
    return await _complete(call, response)


class _Call:
    """One model call under way, and its record."""

    def __init__(self, model: Model, request: GenerateRequest) -> None:
        self._chunks = model.backend.generate(request)
        self._tools = bool(request.tools)
        self._began = time.perf_counter()
        self._use = ModelUse(model.id, model.answered, model.stand_in)
        self.usage = Usage(0, 0)

    async def accepted(self) -> ModelUse:
        """The model has taken the request up; an error that it finds in the request is raised
        here, before a stream begins."""
        self._count(await anext(self._chunks))
        return self._use

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        """All that follows, with the calls told from the text where the request has tools."""
        async with aclosing(self._chunks), aclosing(self._counted()) as counted:
            told = read_calls(counted) if self._tools else counted
            async with aclosing(told):
                async for chunk in told:
                    yield chunk

    async def _counted(self) -> AsyncGenerator[Chunk, None]:
        async for chunk in self._chunks:
            self._count(chunk)
            yield chunk

    async def close(self) -> None:
        await self._chunks.aclose()

    def _count(self, chunk: Chunk) -> None:
        use, self.usage = self._use, chunk.usage
        use.prompt_tokens = chunk.usage.prompt_tokens
        use.completion_tokens = chunk.usage.completion_tokens
        use.seconds = time.perf_counter() - self._began
        if use.first_token_seconds is None and chunk.usage.completion_tokens:
            use.first_token_seconds = use.seconds


async def _complete(call: _Call, response: ChatResponse) -> dict[str, Any]:
    answers: list[Answer] = []
    async with aclosing(call.chunks()) as chunks:
        async for chunk in chunks:
            if chunk.index == len(answers):
                answers.append(Answer())
            answer = answers[-1]
            answer.texts.append(chunk.text)
            answer.calls.extend(map(tool_call, chunk.tool_calls))
            answer.finish_reason, answer.stop_reason = chunk.finish_reason, chunk.stop_reason
    return response.completion(answers, call.usage)


class Stream:
    """The bodies of a streamed answer. Closing it stops the model, even before the first."""

    def __init__(self, call: _Call, response: ChatResponse, with_usage: bool) -> None:
        self._call, self._response, self._with_usage = call, response, with_usage
        self._bodies = self._make()

    def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        return self

    async def __anext__(self) -> dict[str, Any]:
        return await anext(self._bodies)

    async def aclose(self) -> None:
        await self._bodies.aclose()
        await self._call.close()

    async def _make(self) -> AsyncGenerator[dict[str, Any], None]:
        opened = -1
        async with aclosing(self._call.chunks()) as chunks:
            async for chunk in chunks:
                if chunk.index != opened:
                    opened = chunk.index
                    yield self._response.opening(opened)
                if chunk.tool_calls:
                    yield self._response.calls(opened, [*map(tool_call, chunk.tool_calls)])
                yield self._body(chunk)
        if self._with_usage:
            yield self._response.usage(self._call.usage)

    def _body(self, chunk: Chunk) -> dict[str, Any]:
        if chunk.finish_reason is None:
            return self._response.piece(chunk.index, chunk.text)
        return self._response.closing(
            chunk.index, chunk.text, chunk.finish_reason, chunk.stop_reason
        )
