from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest

from azion import URL, Request, Response, fetch
from azion._host import OperationError

from .conftest import MemoryHost

pytestmark = pytest.mark.anyio
HEAD = {
    "url": "http://a/",
    "status": 200,
    "status_text": "OK",
    "headers": [["content-type", "text/plain"]],
    "redirected": False,
}


@pytest.fixture
def server(host: MemoryHost) -> MemoryHost:
    """Answers with what it was sent."""

    async def serve(params: dict[str, Any], body: AsyncIterator[Any] | None) -> AsyncIterator[Any]:
        yield HEAD | {"url": params["url"]}
        sent = params["body"] or {}
        yield sent.get("text", "").encode() or base64.b64decode(sent.get("base64", ""))
        if body is not None:
            async for chunk in body:
                yield chunk.encode() if isinstance(chunk, str) else chunk

    host.services["fetch"] = serve
    return host


def sent(host: MemoryHost) -> dict[str, Any]:
    return host.started[-1][1]


async def test_a_get(server: MemoryHost) -> None:
    response = await fetch("http://a/b?c#d")
    assert (response.status, response.status_text, response.ok) == (200, "OK", True)
    assert response.headers["content-type"] == "text/plain"
    assert sent(server) == {
        "url": "http://a/b?c#d",
        "method": "GET",
        "headers": [],
        "redirect": "follow",
        "has_body": False,
        "body": None,
    }
    assert await response.text() == ""


async def test_members(server: MemoryHost) -> None:
    await fetch("http://a/", {"method": "put", "headers": {"A": "1"}}, redirect="error", body="x")
    assert sent(server)["method"] == "PUT"
    assert sent(server)["headers"] == [["a", "1"], ["content-type", "text/plain;charset=UTF-8"]]
    assert sent(server)["redirect"] == "error"
    assert sent(server)["body"] == {"text": "x"}
    assert (await fetch(URL("http://b/"))).url == "http://b/"


@pytest.mark.parametrize("body", ["héllo", b"\xff", "", b"", "x" * 1_200_000, b"y" * 1_200_000])
async def test_whole_bodies_arrive(server: MemoryHost, body: Any) -> None:
    response = await fetch("http://a/", method="POST", body=body)
    assert sent(server)["has_body"]
    expected = body.encode() if isinstance(body, str) else body
    assert await response.bytes() == expected


async def test_small_bodies_travel_with_the_head(server: MemoryHost) -> None:
    await fetch("http://a/", method="POST", body={"a": 1})
    assert sent(server)["body"] == {"text": '{"a":1}'}
    await fetch("http://a/", method="POST", body=b"\xff")
    assert sent(server)["body"] == {"base64": "/w=="}
    request = Request("http://a/", method="POST", body="passed on")
    await fetch("http://a/", method="POST", body=request.body)
    assert sent(server)["body"] == {"text": "passed on"}


async def test_large_bodies_are_uploaded_with_their_length(server: MemoryHost) -> None:
    headers = {"content-length": "7"}
    await fetch("http://a/", method="POST", body="é" * 1_200_000, headers=headers)
    assert sent(server)["body"] is None
    assert ["content-length", "2400000"] in sent(server)["headers"]


async def test_a_copied_length_goes_with_a_stream_only(server: MemoryHost) -> None:
    async def letters() -> AsyncIterator[str]:
        yield "ab"

    headers = {"content-length": "2"}
    await fetch("http://a/", headers=headers)
    assert sent(server)["headers"] == []
    await fetch("http://a/", method="POST", body=b"abc", headers=headers)
    assert sent(server)["headers"] == []
    await fetch("http://a/", method="POST", body=letters(), headers=headers)
    assert sent(server)["headers"] == [["content-length", "2"]]


async def test_streamed_bodies_are_uploaded(server: MemoryHost) -> None:
    async def letters() -> AsyncIterator[str | bytes]:
        yield "a"
        yield b"b"

    response = await fetch("http://a/", method="POST", body=letters())
    assert sent(server)["has_body"]
    assert sent(server)["body"] is None
    assert await response.text() == "ab"


async def test_a_request_is_sent_once(server: MemoryHost) -> None:
    request = Request("http://a/", method="POST", body="x", headers={"a": "1"})
    await fetch(request)
    assert ["a", "1"] in sent(server)["headers"]
    assert request.body_used
    with pytest.raises(TypeError, match="Body already used"):
        await fetch(request)


async def test_what_request_refuses_is_refused(server: MemoryHost) -> None:
    with pytest.raises(TypeError, match="Invalid URL"):
        await fetch("/relative")
    with pytest.raises(TypeError, match="has no body"):
        await fetch("http://a/", body="x")
    with pytest.raises(TypeError, match="unexpected keyword"):
        await fetch("http://a/", methd="POST")
    assert server.started == []


async def test_the_response_streams(host: MemoryHost) -> None:
    more = asyncio.Event()

    async def serve(params: Any, body: Any) -> AsyncIterator[Any]:
        yield HEAD
        yield b"first"
        await more.wait()
        yield b"second"

    host.services["fetch"] = serve
    response = await fetch("http://a/")
    assert response.body is not None
    chunks = aiter(response.body)
    assert await anext(chunks) == b"first"
    more.set()
    assert await anext(chunks) == b"second"
    with pytest.raises(StopAsyncIteration):
        await anext(chunks)
    assert not host.operations[0].cancelled


async def test_a_response_passes_through(server: MemoryHost) -> None:
    response = await fetch("http://a/", method="POST", body="hello")
    passed = Response(response.body, response)
    passed.headers["x-proxy"] = "1"
    assert await passed.text() == "hello"


async def test_an_error_status_is_no_failure(host: MemoryHost) -> None:
    async def serve(params: Any, body: Any) -> AsyncIterator[Any]:
        yield HEAD | {"status": 500, "redirected": True}

    host.services["fetch"] = serve
    response = await fetch("http://a/")
    assert (response.status, response.ok, response.redirected) == (500, False, True)


async def test_a_network_failure_is_a_type_error(host: MemoryHost) -> None:
    async def serve(params: Any, body: Any) -> AsyncIterator[Any]:
        raise OperationError("NetworkError", "connection refused")
        yield

    host.services["fetch"] = serve
    with pytest.raises(TypeError, match="connection refused"):
        await fetch("http://a/")


async def test_a_limit_is_no_type_error(host: MemoryHost) -> None:
    async def serve(params: Any, body: Any) -> AsyncIterator[Any]:
        raise OperationError("Error", "more than 50 subrequests")
        yield

    host.services["fetch"] = serve
    with pytest.raises(RuntimeError, match="more than 50 subrequests"):
        await fetch("http://a/")


async def test_a_failure_in_the_body_is_a_type_error(host: MemoryHost) -> None:
    async def serve(params: Any, body: Any) -> AsyncIterator[Any]:
        yield HEAD
        yield b"half"
        raise OperationError("NetworkError", "connection lost")

    host.services["fetch"] = serve
    response = await fetch("http://a/")
    with pytest.raises(TypeError, match="connection lost"):
        await response.text()


async def test_cancelling_the_task_cancels_the_request(host: MemoryHost) -> None:
    async def serve(params: Any, body: Any) -> AsyncIterator[Any]:
        await asyncio.Event().wait()
        yield HEAD

    host.services["fetch"] = serve
    task = asyncio.ensure_future(fetch("http://a/"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert host.operations[0].cancelled


async def test_dropping_the_response_ends_the_connection(server: MemoryHost) -> None:
    response = await fetch("http://a/", method="POST", body="x")
    del response
    assert server.operations[0].cancelled


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
async def test_answers_without_a_body(host: MemoryHost, method: str, status: int) -> None:
    async def serve(params: Any, body: Any) -> AsyncIterator[Any]:
        yield HEAD | {"status": status}

    host.services["fetch"] = serve
    response = await fetch("http://a/", method=method)
    assert response.body is None
    assert host.operations[0].cancelled


async def test_dropping_a_body_half_read_ends_the_connection(server: MemoryHost) -> None:
    response = await fetch("http://a/", method="POST", body="x")
    passed = Response(response.body)
    assert passed.body is not None
    async for _ in passed.body:
        break
    del response, passed
    for _ in range(3):  # the loop closes what was dropped in its next rounds
        await asyncio.sleep(0)
    assert server.operations[0].cancelled
