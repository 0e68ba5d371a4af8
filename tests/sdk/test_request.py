from __future__ import annotations

from typing import Any

import pytest

from azion import URL, Headers, Request

pytestmark = pytest.mark.anyio


async def test_a_request_of_an_address() -> None:
    request = Request("HTTP://Example.com/a b")
    assert request.url == "http://example.com/a%20b"
    assert request.method == "GET"
    assert request.redirect == "follow"
    assert list(request.headers) == []
    assert request.metadata == {}
    assert request.body is None
    assert Request(URL("http://a/b")).url == "http://a/b"
    assert Request("http://a/b#c").url == "http://a/b#c"


@pytest.mark.parametrize("url", ["/a", "", "http://"])
async def test_an_address_that_cannot_be_parsed(url: str) -> None:
    with pytest.raises(TypeError, match="Invalid URL"):
        Request(url)


async def test_credentials_do_not_belong_in_an_address() -> None:
    for url in ("http://me@a/", "http://me:secret@a/", URL("http://:secret@a/")):
        with pytest.raises(TypeError, match="credentials"):
            Request(url)


@pytest.mark.parametrize("method", ["delete", "Get", "heaD", "options", "POST", "put"])
async def test_known_methods_are_normalized(method: str) -> None:
    assert Request("http://a/", method=method).method == method.upper()


@pytest.mark.parametrize("method", ["patch", "chicken", "PATCH", "x-y"])
async def test_other_methods_stay_as_they_are(method: str) -> None:
    assert Request("http://a/", method=method).method == method


@pytest.mark.parametrize("method", ["CONNECT", "connect", "TRACE", "Track"])
async def test_forbidden_methods(method: str) -> None:
    with pytest.raises(TypeError, match="not allowed"):
        Request("http://a/", method=method)


@pytest.mark.parametrize("method", ["", "A B", "GET\n", "é"])
async def test_methods_that_are_no_tokens(method: str) -> None:
    with pytest.raises(TypeError, match="not a valid HTTP method"):
        Request("http://a/", method=method)


async def test_members_by_name_and_in_a_mapping() -> None:
    request = Request(
        "http://a/", {"method": "POST", "headers": {"A": "1"}, "body": "x", "redirect": "manual"}
    )
    assert (request.method, request.redirect) == ("POST", "manual")
    assert list(request.headers) == [("a", "1"), ("content-type", "text/plain;charset=UTF-8")]
    assert await request.text() == "x"
    named = Request("http://a/", {"method": "POST"}, method="PUT", headers=[("a", "2")])
    assert (named.method, list(named.headers)) == ("PUT", [("a", "2")])
    unknown: Any = {"methd": "POST"}
    with pytest.raises(TypeError, match="'methd' is unknown"):
        Request("http://a/", unknown)


async def test_a_given_content_type_stays() -> None:
    request = Request("http://a/", method="POST", body={}, headers={"Content-Type": "text/x"})
    assert list(request.headers) == [("content-type", "text/x")]


@pytest.mark.parametrize("method", ["GET", "HEAD", "get"])
async def test_get_and_head_have_no_body(method: str) -> None:
    with pytest.raises(TypeError, match="has no body"):
        Request("http://a/", method=method, body="")


async def test_redirect_is_one_of_three() -> None:
    with pytest.raises(TypeError, match="follow, error, manual"):
        Request("http://a/", redirect="never")


async def test_a_request_of_a_request_takes_its_body_over() -> None:
    first = Request("http://a/", method="POST", body="x", headers={"a": "1"}, redirect="error")
    second = Request(first)
    assert (second.url, second.method, second.redirect) == ("http://a/", "POST", "error")
    assert list(second.headers) == list(first.headers)
    assert first.body_used
    assert await second.text() == "x"
    with pytest.raises(TypeError, match="Body already used"):
        Request(first)


async def test_members_replace_those_of_the_request() -> None:
    first = Request("http://a/", method="POST", body="x", headers={"a": "1"})
    second = Request(first, method="PUT", headers={"b": "2"}, body=b"y")
    assert second.method == "PUT"
    assert list(second.headers) == [("b", "2")]
    assert await second.text() == "y"
    assert not first.body_used
    with pytest.raises(TypeError, match="has no body"):
        Request(first, method="GET")
    assert not first.body_used


async def test_the_members_may_be_another_request() -> None:
    model = Request("http://a/", method="POST", body="x", headers={"a": "1"})
    request = Request("http://b/", model)
    assert (request.url, request.method, request.headers.get("a")) == ("http://b/", "POST", "1")
    assert await request.text() == "x"
    assert model.body_used


async def test_an_incoming_request() -> None:
    pairs = [["Host", "a"], ["X-A", "1"]]
    request = Request._from_host("POST", "http://a/b?c", pairs, '{"a": 1}', {"remote_addr": "::1"})
    assert (request.method, request.url) == ("POST", "http://a/b?c")
    assert request.metadata["remote_addr"] == "::1"
    assert await request.json() == {"a": 1}
    with pytest.raises(TypeError, match="immutable"):
        request.headers.set("a", "b")


async def test_a_copy_of_an_incoming_request_can_be_changed() -> None:
    request = Request._from_host("GET", "http://a/", [["Host", "a"]], None, {"a": "b"})
    copy = Request(request)
    copy.headers.set("x-forwarded-for", "::1")
    assert isinstance(copy.headers, Headers)
    assert copy.metadata == {"a": "b"}
    assert "x-forwarded-for" not in request.headers


async def test_a_clone_is_the_same_with_a_body_of_its_own() -> None:
    request = Request._from_host("POST", "http://a/", [["a", "1"]], b"x", {"m": "1"})
    clone = request.clone()
    assert (clone.method, clone.url, clone.redirect) == ("POST", "http://a/", "follow")
    assert (list(clone.headers), clone.metadata) == ([("a", "1")], {"m": "1"})
    assert await request.text() == await clone.text() == "x"
    with pytest.raises(TypeError, match="immutable"):
        clone.headers.set("a", "b")
    with pytest.raises(TypeError, match="Body already used"):
        request.clone()


async def test_what_was_read_from_an_incoming_stream_is_gone() -> None:
    async def upload() -> Any:
        yield b"a"
        yield b"b"

    request = Request._from_host("POST", "http://a/", [], upload(), {})
    assert await request.text() == "ab"
    with pytest.raises(TypeError, match="Body already used"):
        await request.bytes()


async def test_members_are_read_only() -> None:
    request: Any = Request("http://a/")
    for name in ("url", "method", "headers", "redirect", "metadata", "body", "body_used"):
        with pytest.raises(AttributeError):
            setattr(request, name, None)
    assert repr(request) == "<Request GET http://a/>"
