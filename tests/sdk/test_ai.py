from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import MappingProxyType
from typing import Any

import pytest

from azion import AIError, AIStream, Azion, Response
from azion._host import OperationError

from .conftest import Functions, MemoryHost

pytestmark = pytest.mark.anyio
ANSWER = {"choices": [{"message": {"content": "hi"}}]}


@pytest.fixture
def model(host: MemoryHost) -> MemoryHost:
    """Counts to three when streaming."""

    async def serve(params: dict[str, Any], body: Any) -> AsyncIterator[Any]:
        if not params["request"].get("stream"):
            yield ANSWER
            return
        yield {"stream": True}
        for number in range(1, 4):
            yield {"n": number, "é": None}

    host.services["ai.run"] = serve
    return host


async def test_run_gives_the_answer(model: MemoryHost) -> None:
    request = {"messages": [{"role": "user", "content": "hi"}]}
    assert await Azion.AI.run("a-model", request) == ANSWER
    assert model.started == [("ai.run", {"model": "a-model", "request": request})]
    assert await Azion.AI.run("a-model", MappingProxyType(request)) == ANSWER
    assert await Azion.AI.run("a-model", {**request, "stream": False}) == ANSWER


async def test_run_with_stream_gives_chunks(model: MemoryHost) -> None:
    stream = await Azion.AI.run("a-model", {"messages": [], "stream": True})
    assert isinstance(stream, AIStream)
    assert [chunk["n"] async for chunk in stream] == [1, 2, 3]
    assert [chunk async for chunk in stream] == []
    assert not model.operations[0].cancelled


async def test_errors_have_the_message_as_it_is(host: MemoryHost) -> None:
    async def serve(params: Any, body: Any) -> AsyncIterator[Any]:
        raise OperationError("ModelNotFound", "model not found: nobody")
        yield

    host.services["ai.run"] = serve
    with pytest.raises(AIError) as caught:
        await Azion.AI.run("nobody", {})
    assert str(caught.value) == "model not found: nobody"


async def test_errors_in_the_stream(host: MemoryHost) -> None:
    async def serve(params: Any, body: Any) -> AsyncIterator[Any]:
        yield {"stream": True}
        yield {"n": 1}
        raise OperationError("Unavailable", "the model stopped")

    host.services["ai.run"] = serve
    stream = await Azion.AI.run("a-model", {"stream": True})
    assert await anext(stream) == {"n": 1}
    with pytest.raises(AIError, match="the model stopped"):
        await anext(stream)
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_the_request_is_a_mapping(model: MemoryHost) -> None:
    with pytest.raises(TypeError, match="not str"):
        await Azion.AI.run("a-model", "hi")  # type: ignore[arg-type]


async def test_cancelling_the_task_cancels_the_model(host: MemoryHost) -> None:
    async def serve(params: Any, body: Any) -> AsyncIterator[Any]:
        await asyncio.Event().wait()
        yield ANSWER

    host.services["ai.run"] = serve
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(Azion.AI.run("a-model", {}), 0.01)
    assert host.operations[0].cancelled


async def test_closing_the_stream_cancels_the_model(model: MemoryHost) -> None:
    stream = await Azion.AI.run("a-model", {"stream": True})
    await anext(stream)
    await stream.aclose()
    await stream.aclose()
    assert model.operations[0].cancelled
    assert [chunk async for chunk in stream] == []


async def test_dropping_the_stream_cancels_the_model(model: MemoryHost) -> None:
    async for chunk in await Azion.AI.run("a-model", {"stream": True}):
        assert chunk["n"] == 1
        break
    assert model.operations[0].cancelled


async def test_cancelling_who_reads_the_stream_cancels_the_model(host: MemoryHost) -> None:
    async def serve(params: Any, body: Any) -> AsyncIterator[Any]:
        yield {"stream": True}
        await asyncio.Event().wait()

    host.services["ai.run"] = serve
    stream = await Azion.AI.run("a-model", {"stream": True})
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(anext(stream), 0.01)
    assert host.operations[0].cancelled


async def test_a_response_of_a_stream_is_server_sent_events(model: MemoryHost) -> None:
    response = Response(await Azion.AI.run("a-model", {"stream": True}))
    assert response.headers["content-type"] == "text/event-stream"
    assert await response.text() == (
        'data: {"n":1,"é":null}\n\n'
        'data: {"n":2,"é":null}\n\n'
        'data: {"n":3,"é":null}\n\n'
        "data: [DONE]\n\n"
    )


async def test_closing_such_a_response_cancels_the_model(
    model: MemoryHost, functions: Functions
) -> None:
    source = """
async def handle_request(request):
    return Response(await Azion.AI.run("a-model", {"stream": True}))
"""
    response = await functions.answer(source)
    body: Any = response._body
    assert await anext(aiter(body)) == 'data: {"n":1,"é":null}\n\n'
    await body.aclose()
    assert model.operations[0].cancelled
