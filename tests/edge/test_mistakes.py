"""A handler's mistakes: the client learns nothing, the log all."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/mistakes/nothing", "handle_request gave None. Give a Response."),
        ("/mistakes/text", "handle_request gave str 'text'. Give a Response."),
        ("/mistakes/twice", "Body already used"),
        ("/mistakes/header", "the response's header 'x-a'"),
        ("/mistakes/cancelled", "CancelledError"),
        ("/mistakes/exit", "SystemExit: 3"),
        ("/mistakes/unprintable", "Unprintable: <its text cannot be shown"),
        ("/mistakes/status", "ValueError: A response's status is a number from 200 to 599"),
        ("/listener/nothing", "The event listener did not respond"),
        ("/listener/twice", "respond_with was called twice"),
        ("/listener/text", "The event listener gave str 'text'. Give a Response."),
    ],
)
async def test_the_error_says_what_is_wrong(serve: Any, path: str, says: str) -> None:
    served = await serve("mistakes", "listener")
    assert says in await served.error(path)
    assert (await served.get("/mistakes/none")).text == "fine"


async def test_an_answer_that_comes_late_is_logged(serve: Any) -> None:
    served = await serve("listener")
    assert "The event listener did not respond" in await served.error("/listener/late")
    await served.observer.line("respond_with was called after the listener had finished")


async def test_an_awaitable_answers(serve: Any) -> None:
    served = await serve("listener")
    assert (await served.get("/listener/answers")).text == "answered"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("x = 1", "No fetch event listeners found"),
        (
            "def handle_request(r): pass\ndef fetch(r): pass",
            "The file has two handlers, handle_request and fetch",
        ),
        ("add_event_listener('push', print)", "is not an event of a function"),
    ],
)
async def test_a_file_needs_one_handler(serve: Any, source: str, says: str) -> None:
    served = await serve(broken=source)
    assert says in await served.error("/broken")


async def test_arguments_reach_the_listener(serve: Any) -> None:
    source = """
def listen(event):
    event.respond_with(Response.json(event.args))
add_event_listener("fetch", listen)
"""
    served = await serve(listens=source, args={"listens": {"key": [1, "two"]}})
    assert (await served.get("/listens")).json() == {"key": [1, "two"]}


async def test_arguments_over_the_limit(serve: Any) -> None:
    source = "async def handle_request(request): return Response('x')"
    served = await serve(large=source, args={"large": {"key": "x" * 102_400}})
    assert "arguments are over 100 KB" in await served.error("/large")
