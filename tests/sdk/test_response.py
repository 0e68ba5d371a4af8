from __future__ import annotations

from typing import Any

import pytest

from azion import URL, Headers, Response

pytestmark = pytest.mark.anyio


async def test_a_response_as_it_is_by_default() -> None:
    response = Response()
    assert (response.status, response.status_text, response.statusText) == (200, "", "")
    assert (response.ok, response.url, response.redirected) == (True, "", False)
    assert response.type == "default"
    assert list(response.headers) == []
    assert response.body is None


async def test_members_by_name_and_in_a_mapping() -> None:
    response = Response("x", {"status": 404, "statusText": "Nope", "headers": {"A": "1"}})
    assert (response.status, response.status_text, response.ok) == (404, "Nope", False)
    assert list(response.headers) == [("a", "1"), ("content-type", "text/plain;charset=UTF-8")]
    named = Response("x", {"status": 404}, status=201, status_text="Made", headers=[("b", "2")])
    assert (named.status, named.statusText, named.headers["b"]) == (201, "Made", "2")
    assert Response("x", {"status_text": "a"}).status_text == "a"
    unknown: Any = {"code": 200}
    with pytest.raises(TypeError, match="'code' is unknown"):
        Response("x", unknown)


async def test_the_members_may_be_another_response() -> None:
    first = Response("x", status=418, status_text="Teapot", headers={"a": "1"})
    second = Response("y", first)
    assert (second.status, second.status_text, second.headers["a"]) == (418, "Teapot", "1")
    second.headers["a"] = "2"
    assert first.headers["a"] == "1"
    assert await second.text() == "y"
    assert not first.body_used


async def test_a_given_content_type_stays() -> None:
    response = Response("<p>", headers={"Content-Type": "text/html"})
    assert list(response.headers) == [("content-type", "text/html")]


@pytest.mark.parametrize("status", [200, 299, 300, 404, 599])
async def test_statuses(status: int) -> None:
    response = Response(None, status=status)
    assert response.status == status
    assert response.ok == (status < 300)


@pytest.mark.parametrize("status", [0, 100, 101, 199, 600, 1000, -200, "200", 200.0, True])
async def test_statuses_out_of_range(status: Any) -> None:
    with pytest.raises(ValueError, match="from 200 to 599"):
        Response(None, status=status)


@pytest.mark.parametrize("status", [204, 205, 304])
async def test_statuses_without_a_body(status: int) -> None:
    assert Response(None, status=status).body is None
    bodies: list[Any] = ["", "x", b"", {}]
    for body in bodies:
        with pytest.raises(TypeError, match="has no body"):
            Response(body, status=status)
    with pytest.raises(TypeError, match="has no body"):
        Response.json({}, status=status)


@pytest.mark.parametrize("text", ["a\n", "€", "\0", "\x7f"])
async def test_invalid_status_texts(text: str) -> None:
    with pytest.raises(TypeError, match="not a valid status text"):
        Response(None, status_text=text)


async def test_json_makes_a_response() -> None:
    response = Response.json({"é": [1, None, True]}, {"status": 201})
    assert response.status == 201
    assert list(response.headers) == [("content-type", "application/json")]
    assert await response.clone().text() == '{"é":[1,null,true]}'
    assert await response.json() == {"é": [1, None, True]}
    assert await Response.json("text").json() == "text"
    assert await Response.json(None).json() is None
    typed = Response.json({}, headers={"content-type": "application/problem+json"}, status=400)
    assert typed.headers["content-type"] == "application/problem+json"
    with pytest.raises(TypeError, match="not JSON serializable"):
        Response.json(object())


async def test_json_reads_a_response() -> None:
    response = Response('{"a": 1}')
    assert await response.json() == {"a": 1}
    with pytest.raises(TypeError, match="Body already used"):
        await response.json()


async def test_redirect() -> None:
    response = Response.redirect("HTTP://Example.com/é")
    assert (response.status, response.body) == (302, None)
    assert list(response.headers) == [("location", "http://example.com/%C3%A9")]
    assert Response.redirect(URL("http://a/"), 307).status == 307
    with pytest.raises(TypeError, match="immutable"):
        response.headers.set("a", "b")
    with pytest.raises(TypeError, match="Invalid URL"):
        Response.redirect("/relative")
    with pytest.raises(ValueError, match="301, 302, 303, 307 or 308"):
        Response.redirect("http://a/", 200)


async def test_error() -> None:
    response = Response.error()
    assert (response.type, response.status, response.ok) == ("error", 0, False)
    assert response.body is None
    with pytest.raises(TypeError, match="immutable"):
        response.headers.set("a", "b")


async def test_a_clone_has_the_same_head() -> None:
    response = Response("x", status=201, status_text="Made", headers={"a": "1"})
    clone = response.clone()
    clone.headers["a"] = "2"
    assert response.headers["a"] == "1"
    assert (clone.status, clone.status_text, clone.type) == (201, "Made", "default")
    with pytest.raises(TypeError, match="immutable"):
        Response.redirect("http://a/").clone().headers.set("a", "b")


async def test_a_fetched_response() -> None:
    head = {
        "url": "http://a/b",
        "status": 204,
        "status_text": "No Content",
        "headers": [["Set-Cookie", "a=1"], ["set-cookie", "b=2"]],
        "redirected": True,
    }
    response = Response._from_host(head, "ignored")
    assert (response.status, response.status_text) == (204, "No Content")
    assert (response.url, response.redirected, response.type) == ("http://a/b", True, "basic")
    assert response.headers.get_set_cookie() == ["a=1", "b=2"]
    assert response.body is None
    with pytest.raises(TypeError, match="immutable"):
        response.headers.set("a", "b")


async def test_members_are_read_only() -> None:
    response: Any = Response()
    for name in ("status", "status_text", "ok", "headers", "url", "redirected", "type", "body"):
        with pytest.raises(AttributeError):
            setattr(response, name, None)
    assert isinstance(response.headers, Headers)
    assert repr(response) == "<Response 200>"
