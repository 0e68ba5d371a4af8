from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from azion import Request, Response, URLSearchParams

pytestmark = pytest.mark.anyio


async def pieces(*chunks: Any) -> AsyncIterator[Any]:
    for chunk in chunks:
        yield chunk


class Closable:
    """A stream that knows whether it was closed."""

    def __init__(self, *chunks: Any) -> None:
        self.chunks, self.closed = list(chunks), False

    def __aiter__(self) -> Closable:
        return self

    async def __anext__(self) -> Any:
        if not self.chunks:
            raise StopAsyncIteration
        return self.chunks.pop(0)

    async def aclose(self) -> None:
        self.closed = True


async def test_what_a_body_may_be_and_its_content_type() -> None:
    form = "application/x-www-form-urlencoded;charset=UTF-8"
    forms: list[tuple[Any, bytes, str | None]] = [
        ("héllo", "héllo".encode(), "text/plain;charset=UTF-8"),
        ("", b"", "text/plain;charset=UTF-8"),
        (b"\xff\x00", b"\xff\x00", None),
        (bytearray(b"ab"), b"ab", None),
        (memoryview(b"ab"), b"ab", None),
        ({"a": ["é", None]}, '{"a":["é",null]}'.encode(), "application/json"),
        ([1, True], b"[1,true]", "application/json"),
        (URLSearchParams("a=b c"), b"a=b+c", form),
        (pieces("a", b"b", bytearray(b"c"), ""), b"abc", None),
        (None, b"", None),
    ]
    for given, content, content_type in forms:
        response = Response(given)
        assert response.headers.get("content-type") == content_type
        assert await response.bytes() == content


async def test_what_a_body_may_not_be() -> None:
    for wrong in (1, object(), iter(["a"]), {"a"}):
        with pytest.raises(TypeError, match="A body cannot be made of"):
            Response(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not JSON compliant"):
        Response({"a": float("nan")})


async def test_readers() -> None:
    assert await Response("é").text() == "é"
    assert await Response("é").bytes() == "é".encode()
    assert await Response("é").array_buffer() == "é".encode()
    assert await Response("é").arrayBuffer() == "é".encode()
    assert await Response('{"a": 1}').json() == {"a": 1}
    with pytest.raises(json.JSONDecodeError):
        await Response("nonsense").json()
    with pytest.raises(json.JSONDecodeError):
        await Response(None).json()


async def test_text_drops_a_byte_order_mark_and_replaces_what_is_invalid() -> None:
    assert await Response(b"\xef\xbb\xbfa\xff").text() == "a\ufffd"
    assert await Response("\ufeffa").text() == "a"
    assert await Response(b"\xef\xbb\xbf{}").json() == {}
    assert await Response("\ufeffa").bytes() == b"\xef\xbb\xbfa"


async def test_lone_surrogates_are_replaced() -> None:
    assert await Response("\ud800\ud83d\udca9").text() == "\ufffd💩"
    assert await Response(pieces("\ud800")).text() == "\ufffd"
    assert await Response({"a": "\ud800"}).json() == {"a": "\ufffd"}


@pytest.mark.parametrize("first", ["text", "json", "bytes", "array_buffer"])
@pytest.mark.parametrize("second", ["text", "json", "bytes", "array_buffer"])
async def test_a_body_is_read_once(first: str, second: str) -> None:
    request = Request("http://a/", method="POST", body="{}")
    assert not request.body_used
    await getattr(request, first)()
    assert request.body_used
    assert request.bodyUsed
    with pytest.raises(TypeError, match="Body already used"):
        await getattr(request, second)()


async def test_no_body_is_never_used() -> None:
    response = Response(None)
    assert response.body is None
    assert await response.text() == ""
    assert await response.text() == ""
    assert not response.body_used


async def test_an_empty_body_is_used_like_any_other() -> None:
    response = Response("")
    assert await response.text() == ""
    assert response.body_used


async def test_body_streams_bytes_and_reading_it_uses_the_body() -> None:
    response = Response(pieces("a", "", b"b"))
    stream = response.body
    assert stream is not None
    assert response.body is stream
    assert not response.body_used
    assert await anext(aiter(stream)) == b"a"
    assert response.body_used
    with pytest.raises(TypeError, match="Body already used"):
        await response.text()
    assert [chunk async for chunk in stream] == [b"b"]


async def test_body_of_a_string_is_one_chunk() -> None:
    response = Response("héllo")
    assert response.body is not None
    assert [chunk async for chunk in response.body] == ["héllo".encode()]
    empty = Response("")
    assert empty.body is not None
    assert [chunk async for chunk in empty.body] == []


async def test_a_read_body_gives_no_stream() -> None:
    response = Response("a")
    await response.text()
    assert response.body is not None
    with pytest.raises(TypeError, match="Body already used"):
        await anext(aiter(response.body))


async def test_another_body_passes_on() -> None:
    request = Request("http://a/", method="POST", body="hello")
    response = Response(request.body)
    assert not request.body_used
    assert await response.text() == "hello"
    assert request.body_used
    assert response.body_used


async def test_reading_the_first_of_two_owners_uses_both() -> None:
    request = Request("http://a/", method="POST", body="hello")
    response = Response(request.body)
    await request.text()
    assert response.body_used
    with pytest.raises(TypeError, match="Body already used"):
        await response.text()


async def test_a_used_body_does_not_pass_on() -> None:
    request = Request("http://a/", method="POST", body="hello")
    stream = request.body
    await request.text()
    with pytest.raises(TypeError, match="Body already used"):
        Response(stream)


async def test_a_stream_gives_str_or_bytes_only() -> None:
    with pytest.raises(TypeError, match="A body's stream gave int"):
        await Response(pieces("a", 1)).text()


async def test_what_a_stream_raises_reaches_its_reader() -> None:
    async def broken() -> AsyncIterator[str]:
        yield "a"
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        await Response(broken()).text()


async def test_closing_a_body_closes_the_stream_behind_it() -> None:
    source = Closable("a", "b")
    response = Response(source)
    assert response.body is not None
    await anext(aiter(response.body))
    await response.body.aclose()
    assert source.closed

    unread = Closable("a")
    response = Response(unread)
    assert response.body is not None
    await response.body.aclose()
    await response.body.aclose()
    assert unread.closed
    assert response.body_used


@pytest.mark.parametrize("body", ["ab", b"ab", None])
async def test_clones_of_whole_bodies_are_read_apart(body: Any) -> None:
    response = Response(body)
    clone = response.clone()
    assert await response.text() == await clone.text() == ("ab" if body else "")


async def test_clones_of_streams_are_read_apart() -> None:
    response = Response(pieces("a", "b"))
    before = response.body
    clone = response.clone()
    assert await clone.text() == "ab"
    assert not response.body_used
    assert response.body is not None
    assert [chunk async for chunk in response.body] == [b"a", b"b"]
    assert before is not None
    with pytest.raises(TypeError, match="Body already used"):
        await anext(aiter(before))


async def test_a_clone_of_a_passed_body_takes_it() -> None:
    request = Request("http://a/", method="POST", body="hello")
    response = Response(request.body)
    clone = response.clone()
    assert request.body_used
    assert await response.text() == await clone.text() == "hello"


async def test_a_used_body_has_no_clone() -> None:
    response = Response("a")
    await response.text()
    with pytest.raises(TypeError, match="Body already used"):
        response.clone()
