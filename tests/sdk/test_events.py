from __future__ import annotations

import asyncio
from typing import Any

import pytest

from azion import FetchEvent, Request, Response
from azion.body import BodyStream
from azion.console import console
from azion.errors import HandlerError, InvalidStateError
from azion.events import Handler

from .conftest import Functions

pytestmark = pytest.mark.anyio


async def respond(listener: Any, event: FetchEvent) -> Response:
    return await Handler.of_listener(listener)(event)


@pytest.fixture
def event(functions: Functions) -> FetchEvent:
    return functions.event("http://localhost/path", {"key": "value"})


async def test_an_event_has_what_azions_has(event: FetchEvent) -> None:
    assert event.type == "fetch"
    assert event.request.url == "http://localhost/path"
    assert event.args == {"key": "value"}
    assert event.console is console


async def test_a_listener_answers_with_a_response(event: FetchEvent) -> None:
    response = await respond(lambda event: event.respond_with(Response("a")), event)
    assert await response.text() == "a"


async def test_a_listener_answers_with_an_awaitable(event: FetchEvent) -> None:
    async def handle(request: Request) -> Response:
        await asyncio.sleep(0)
        return Response(request.url)

    response = await respond(lambda event: event.respondWith(handle(event.request)), event)
    assert await response.text() == "http://localhost/path"


async def test_a_listener_answers_with_a_future(event: FetchEvent) -> None:
    future: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(future.set_result, Response("later"))
    response = await respond(lambda event: event.respond_with(future), event)
    assert await response.text() == "later"


async def test_an_async_listener_answers_before_it_finishes(event: FetchEvent) -> None:
    going_on = asyncio.Event()
    done: list[str] = []

    async def listener(event: FetchEvent) -> None:
        await asyncio.sleep(0)
        event.respond_with(Response("a"))
        await going_on.wait()
        done.append("done")

    response = await respond(listener, event)
    assert await response.text() == "a"
    assert not done
    going_on.set()
    assert await event._settle() == []
    assert done == ["done"]


async def test_an_async_listener_that_answers_at_once(event: FetchEvent) -> None:
    async def listener(event: FetchEvent) -> None:
        event.respond_with(Response("a"))

    assert await (await respond(listener, event)).text() == "a"
    assert await event._settle() == []


async def test_an_async_listener_may_answer_with_a_coroutine(event: FetchEvent) -> None:
    async def handle() -> Response:
        return Response("a")

    async def listener(event: FetchEvent) -> None:
        event.respond_with(handle())

    assert await (await respond(listener, event)).text() == "a"


async def test_cancelling_the_answer_cancels_an_async_listener(event: FetchEvent) -> None:
    cancelled = asyncio.Event()

    async def listener(event: FetchEvent) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    answering = asyncio.ensure_future(respond(listener, event))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    answering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answering
    await asyncio.wait_for(cancelled.wait(), 5)


async def test_no_answer(event: FetchEvent, functions: Functions) -> None:
    async def listener(event: FetchEvent) -> None:
        await asyncio.sleep(0)

    with pytest.raises(HandlerError, match="The event listener did not respond"):
        await respond(lambda event: None, event)
    with pytest.raises(HandlerError, match="The event listener did not respond"):
        await respond(listener, functions.event())
    with pytest.raises(HandlerError, match="The event listener did not respond"):
        await respond(lambda event: Response("ignored"), functions.event())


async def test_an_answer_that_is_no_response(functions: Functions) -> None:
    for wrong, named in [(None, "None"), ("text", "str 'text'"), ({"a": 1}, "dict {'a': 1}")]:
        with pytest.raises(TypeError, match=f"The event listener gave {named}. Give a Response"):
            await respond(
                lambda event, wrong=wrong: event.respond_with(wrong),
                functions.event(),
            )


async def test_an_answer_that_cannot_be_sent(functions: Functions) -> None:
    used = Response("a")
    await used.text()
    with pytest.raises(TypeError, match="already used"):
        await respond(lambda event: event.respond_with(used), functions.event())
    with pytest.raises(TypeError, match=r"Response\.error\(\)"):
        await respond(lambda event: event.respond_with(Response.error()), functions.event())


async def test_a_second_answer(event: FetchEvent) -> None:
    async def never() -> Response:
        return Response("b")

    def listener(event: FetchEvent) -> None:
        event.respond_with(Response("a"))
        with pytest.raises(InvalidStateError, match="twice"):
            event.respond_with(Response("b"))
        with pytest.raises(InvalidStateError, match="twice"):
            event.respond_with(never())

    assert await (await respond(listener, event)).text() == "a"


async def test_a_second_answer_after_none(event: FetchEvent) -> None:
    def listener(event: FetchEvent) -> None:
        event.respond_with(None)  # type: ignore[arg-type]
        event.respond_with(Response("b"))

    with pytest.raises(InvalidStateError, match="twice"):
        await respond(listener, event)


async def test_a_late_answer(event: FetchEvent) -> None:
    async def never() -> Response:
        return Response("late")

    with pytest.raises(InvalidStateError, match="after the listener had finished"):
        event.respond_with(Response("before it was dispatched"))
    with pytest.raises(HandlerError):
        await respond(lambda event: None, event)
    with pytest.raises(InvalidStateError, match="after the listener had finished"):
        event.respond_with(never())


async def test_what_a_listener_raises(functions: Functions) -> None:
    async def never() -> Response:
        return Response("a")

    def listener(event: FetchEvent) -> None:
        event.respond_with(never())
        raise LookupError("boom")

    async def asynchronous(event: FetchEvent) -> None:
        await asyncio.sleep(0)
        raise LookupError("boom")

    async def answer() -> Response:
        raise LookupError("boom")

    with pytest.raises(LookupError, match="boom"):
        await respond(listener, functions.event())
    with pytest.raises(LookupError, match="boom"):
        await respond(asynchronous, functions.event())
    with pytest.raises(LookupError, match="boom"):
        await respond(lambda event: event.respond_with(answer()), functions.event())


async def test_what_a_listener_raises_after_its_answer_is_kept(event: FetchEvent) -> None:
    async def listener(event: FetchEvent) -> None:
        event.respond_with(Response("a"))
        await asyncio.sleep(0)
        raise LookupError("boom")

    await respond(listener, event)
    (failure,) = await event._settle()
    assert isinstance(failure, LookupError)


async def test_wait_until_starts_the_work_and_the_event_waits_for_it(event: FetchEvent) -> None:
    done: list[str] = []

    async def work(name: str) -> None:
        await asyncio.sleep(0)
        done.append(name)
        if name == "first":
            event.waitUntil(work("second"))

    def listener(event: FetchEvent) -> None:
        event.wait_until(work("first"))
        event.respond_with(Response("a"))

    await respond(listener, event)
    assert await event._settle() == []
    assert done == ["first", "second"]


async def test_wait_until_keeps_failures(event: FetchEvent) -> None:
    async def work() -> None:
        raise LookupError("boom")

    event.wait_until(work())
    (failure,) = await event._settle()
    assert isinstance(failure, LookupError)


async def test_wait_until_after_the_event_is_over(event: FetchEvent) -> None:
    async def work() -> None:
        pass

    await event._settle()
    with pytest.raises(InvalidStateError, match="after the event was over"):
        event.wait_until(work())


async def test_wait_until_takes_awaitables(event: FetchEvent) -> None:
    with pytest.raises(TypeError, match="wait_until takes an awaitable, not None"):
        event.wait_until(None)  # type: ignore[arg-type]


async def test_a_passed_body_arrives_whole(event: FetchEvent) -> None:
    request = Request._from_host("POST", "http://a/", [], "hello", {})
    response = await respond(lambda event: event.respond_with(Response(request.body)), event)
    assert response._body == "hello"
    assert request.body_used


async def test_a_streamed_body_is_for_the_entry_to_read(event: FetchEvent) -> None:
    async def letters() -> Any:
        yield "a"
        yield b"b"

    response = await respond(lambda event: event.respond_with(Response(letters())), event)
    body: Any = response._body
    assert not isinstance(body, BodyStream)
    assert [chunk async for chunk in body] == ["a", b"b"]
