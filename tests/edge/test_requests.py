"""What a client may send, and what it is told when it may not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

pytestmark = pytest.mark.anyio

SMALL = "[limits]\nbody_mb = 1\n"


async def raw(port: int, data: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    answer = await reader.readuntil(b"\r\n")
    writer.close()
    return answer.strip()


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01\x02 nonsense\r\n\r\n",
        b"GET /streams HTTP/9.9\r\nhost: x\r\n\r\n",
        b"GET /streams/echo HTTP/1.1\r\nhost: x\r\ncontent-length: many\r\n\r\n",
        b"GET /streams/echo HTTP/1.1\r\nhost : x\r\nbad header\r\n\r\n",
    ],
)
async def test_what_cannot_be_parsed(serve_on_socket: Any, data: bytes) -> None:
    served = await serve_on_socket("streams")
    assert (await raw(served.port, data)).startswith(b"HTTP/1.1 400 ")
    assert (await served.get("/streams/ignores")).status_code == 200


async def test_a_long_url(serve_on_socket: Any) -> None:
    served = await serve_on_socket("state")
    response = await served.get("/state?" + "x" * 17_000)
    assert response.status_code == 414
    assert response.json()["error"]["message"] == "the URL is over 16 KB"
    assert (await served.get("/state?" + "x" * 16_000)).status_code == 200


async def test_long_headers(serve_on_socket: Any) -> None:
    served = await serve_on_socket("streams")
    headers = {f"x-{number}": "x" * 8000 for number in range(9)}
    response = await served.get("/streams/ignores", headers=headers)
    assert response.status_code == 431
    assert response.json()["error"]["message"] == "the headers are over 64 KB"
    assert response.headers["connection"] == "close"


async def test_a_body_of_a_length_over_the_limit(serve: Any) -> None:
    served = await serve("streams", toml=SMALL)
    response = await served.post("/streams/count", content=b"x" * 1_048_577)
    assert response.status_code == 413
    assert response.json()["error"]["message"] == "the body is over 1 MB"
    assert (await served.post("/streams/count", content=b"x" * 1_048_576)).text == "1048576"


async def test_a_chunked_body_over_the_limit(serve: Any) -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 65536

    served = await serve("streams", toml=SMALL)
    response = await served.post("/streams/count", content=body())
    assert response.status_code == 413
    assert response.json()["error"]["message"] == "the body is over 1 MB"
    assert (await served.get("/streams/ignores")).text == "not read"


async def test_a_length_that_is_none(serve: Any) -> None:
    served = await serve("streams")
    headers = {"content-length": "-5"}
    response = await served.client.request("POST", "/streams/count", headers=headers)
    assert response.status_code == 400


async def test_no_function_for_the_path(serve: Any) -> None:
    served = await serve("streams")
    response = await served.get("/elsewhere")
    assert response.status_code == 404
    message = response.json()["error"]["message"]
    assert message == "no rule of the application matches GET /elsewhere"


async def test_what_a_function_sees_of_a_request(serve: Any) -> None:
    source = """
async def handle_request(request):
    return Response.json({
        "method": request.method, "url": request.url, "a": request.headers["x-a"],
        "body": await request.json(), "meta": dict(request.metadata),
    })
"""
    served = await serve(sees=source)
    response = await served.client.request(
        "PUT", "/sees/a%20b?q=1&q=2", headers={"X-A": "ç".encode("latin-1")}, json={"x": [1]}
    )
    answer = response.json()
    assert answer["method"] == "PUT"
    assert answer["url"] == "http://localhost:3333/sees/a%20b?q=1&q=2"
    assert (answer["a"], answer["body"]) == ("ç", {"x": [1]})
    assert answer["meta"]["request_id"] == response.headers["x-request-id"]
    assert answer["meta"]["server_protocol"] == "HTTP/1.1"


async def test_cookies_stay_apart_and_own_headers_are_dropped(serve: Any) -> None:
    source = """
async def handle_request(request):
    headers = [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("content-length", "999"),
               ("transfer-encoding", "chunked"), ("connection", "upgrade")]
    return Response("four", status=201, headers=headers)
"""
    served = await serve(cookies=source)
    response = await served.get("/cookies")
    assert (response.status_code, response.text) == (201, "four")
    assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert response.headers["content-length"] == "4"
    assert "transfer-encoding" not in response.headers
    assert "connection" not in response.headers
