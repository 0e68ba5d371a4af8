from __future__ import annotations

from typing import Any

import pytest

from .origin import Origin

pytestmark = pytest.mark.anyio

OPEN = "[fetch]\nallow_private = true\ntimeout_seconds = 5\n"


@pytest.fixture
async def fetches(serve: Any) -> Any:
    return await serve("fetches", toml=OPEN + "[limits]\nwall_seconds = 20\n")


async def one(served: Any, url: str, **call: Any) -> dict[str, Any]:
    response = await served.post("/fetches/one", json={"url": url, **call})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def test_a_request_and_its_answer(fetches: Any, origin: Origin) -> None:
    answer = await one(
        fetches,
        f"{origin.url}/echo/a?b=c#d",
        method="PUT",
        headers={"x-a": "one", "connection": "upgrade", "host": "evil"},
        body="text ç",
    )
    assert (answer["status"], answer["redirected"]) == (200, False)
    assert answer["url"] == f"{origin.url}/echo/a?b=c"
    head, body = origin.requests[0]
    assert head.startswith("put /echo/a?b=c http/1.1")
    assert "x-a: one" in head
    assert f"host: 127.0.0.1:{origin.port}" in head
    assert "evil" not in head
    assert "connection: upgrade" not in head
    assert body.decode() == "text ç"


async def test_streams_down(serve_on_socket: Any, origin: Origin) -> None:
    served = await serve_on_socket("fetches", toml=OPEN + "[limits]\ncpu_seconds = 20\n")
    call = {"url": f"{origin.url}/large/5000000"}
    response = await served.post("/fetches/passes_on", json=call)
    assert response.content == b"x" * 5_000_000


async def test_streams_up(fetches: Any, origin: Origin) -> None:
    call = {"url": f"{origin.url}/count", "chunks": 40}
    response = await fetches.post("/fetches/uploads", json=call)
    assert response.text == str(40 * 65536)
    _, id, _, _ = await fetches.observer.line("piece 39")
    assert id == response.headers["x-request-id"]
    assert "transfer-encoding: chunked" in origin.requests[0][0]


@pytest.mark.parametrize(
    ("status", "method", "sent"),
    [
        (301, "POST", ("get", b"")),
        (302, "POST", ("get", b"")),
        (303, "PUT", ("get", b"")),
        (307, "POST", ("post", b"body")),
        (308, "PUT", ("put", b"body")),
        (301, "PUT", ("put", b"body")),
    ],
)
async def test_redirects(
    fetches: Any, origin: Origin, status: int, method: str, sent: tuple[str, bytes]
) -> None:
    url = f"{origin.url}/to/{status}//echo/there"
    answer = await one(fetches, url, method=method, body="body")
    assert (answer["redirected"], answer["url"]) == (True, f"{origin.url}/echo/there")
    head, body = origin.requests[1]
    assert (head.split()[0], body) == sent
    assert ("content-type" in head) is bool(body)


async def test_secrets_stay_at_their_origin(fetches: Any, origin: Origin, start: Any) -> None:
    other = await start()
    headers = {"authorization": "secret", "cookie": "a=1", "x-a": "kept"}
    await one(fetches, f"{origin.url}/to/302/{other.url}/echo", headers=headers)
    await one(fetches, f"{origin.url}/to/302//echo", headers=headers)
    assert "x-a: kept" in other.requests[0][0]
    assert "secret" not in other.requests[0][0]
    assert "a=1" not in other.requests[0][0]
    assert "secret" in origin.requests[-1][0]


async def test_redirects_end(fetches: Any, origin: Origin) -> None:
    answer = await one(fetches, f"{origin.url}/around/0")
    assert answer["error"] == "TypeError: more than 20 redirects"
    assert len(origin.requests) == 21


async def test_redirects_not_followed(fetches: Any, origin: Origin) -> None:
    answer = await one(fetches, f"{origin.url}/to/302//echo", redirect="manual")
    assert (answer["status"], ["location", "/echo"] in answer["headers"]) == (302, True)
    answer = await one(fetches, f"{origin.url}/to/302//echo", redirect="error")
    assert "which `redirect` forbids" in answer["error"]


async def test_a_redirect_to_another_scheme(fetches: Any, origin: Origin) -> None:
    answer = await one(fetches, f"{origin.url}/to/302/file:///etc/passwd")
    assert "takes http and https" in answer["error"]


async def test_gzip_is_decoded(fetches: Any, origin: Origin) -> None:
    answer = await one(fetches, f"{origin.url}/gzip")
    assert answer["text"] == "plain " * 1000
    names = [name for name, _ in answer["headers"]]
    assert "content-encoding" not in names
    assert "content-length" not in names


async def test_subrequests_have_a_limit(serve: Any, origin: Origin) -> None:
    served = await serve("fetches", toml=OPEN + "[limits]\nsubrequests = 3\n")
    call = {"url": f"{origin.url}/echo", "times": 5}
    answer = (await served.post("/fetches/many", json=call)).json()
    assert answer["done"] == 3
    assert "more than 3 subrequests in one invocation" in answer["error"]
    assert (await served.post("/fetches/many", json=call)).json()["done"] == 3


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1", "[::ffff:127.0.0.1]",
        "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0.0.0.0",
    ],
)  # fmt: skip
async def test_private_addresses_are_refused(serve: Any, origin: Origin, host: str) -> None:
    served = await serve("fetches")
    answer = await one(served, f"http://{host}:{origin.port}/echo")
    assert answer["error"].startswith("TypeError: fetch refused: ")
    assert "allow_private = true under [fetch]" in answer["error"]
    assert origin.requests == []


async def test_a_redirect_to_a_private_address_is_refused(
    serve: Any, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first hop is let through, as a public server would be."""
    from azrun.bindings import network

    public = network.is_public
    allowed = iter([True])
    monkeypatch.setattr(network, "is_public", lambda a: next(allowed, False) or public(a))
    served = await serve("fetches")
    answer = await one(served, f"{origin.url}/to/302/http://127.0.0.2:{origin.port}/echo")
    assert "127.0.0.2 is a private address" in answer["error"]
    assert len(origin.requests) == 1


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://127.0.0.1:1/", "fetch failed: http://127.0.0.1:1/"),
        ("http://no-such-name.invalid/", "cannot be resolved"),
        ("ftp://127.0.0.1/", "takes http and https"),
        ("file:///etc/passwd", "takes http and https"),
    ],
)
async def test_failures_are_type_errors(fetches: Any, url: str, says: str) -> None:
    error = (await one(fetches, url))["error"]
    assert error.startswith("TypeError: ")
    assert says in error


@pytest.mark.parametrize(("path", "says"), [("nonsense", "fetch failed"), ("broken", "broke off")])
async def test_servers_that_misbehave(fetches: Any, origin: Origin, path: str, says: str) -> None:
    error = (await one(fetches, f"{origin.url}/{path}"))["error"]
    assert error.startswith("TypeError: ")
    assert says in error


async def test_a_server_that_says_nothing(serve: Any, origin: Origin) -> None:
    served = await serve("fetches", toml="[fetch]\nallow_private = true\ntimeout_seconds = 0.1\n")
    answer = await one(served, f"{origin.url}/silent")
    assert answer["error"].startswith("TypeError: fetch failed")
    assert "ReadTimeout" in answer["error"]


async def test_giving_up_closes_the_connection(fetches: Any, origin: Origin) -> None:
    response = await fetches.post("/fetches/gives_up", json={"url": f"{origin.url}/silent"})
    assert response.text == "gave up"


async def test_dropping_the_body_closes_the_connection(fetches: Any, origin: Origin) -> None:
    response = await fetches.post("/fetches/first_piece", json={"url": f"{origin.url}/endless"})
    assert response.content
    await origin.ended.wait()


async def test_calls_given_up_at_once_leave_nothing(serve: Any, origin: Origin) -> None:
    toml = OPEN + "[limits]\nsubrequests = 5000\n"
    served = await serve("fetches", toml=toml)
    call = {"url": f"{origin.url}/echo", "times": 1100}
    assert (await served.post("/fetches/never_begun", json=call)).text == "200"


async def test_operations_at_once_are_bounded(serve: Any, origin: Origin) -> None:
    toml = OPEN + "[limits]\nsubrequests = 5000\nwall_seconds = 20\n"
    served = await serve("fetches", toml=toml)
    call = {"url": f"{origin.url}/silent", "times": 1100}
    answer = await served.post("/fetches/at_once", json=call)
    assert answer.text == "too many operations at once: a cell may have 1024. Await some first."
