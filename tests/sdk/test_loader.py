from __future__ import annotations

import dataclasses
import json
import pickle
import sys
import traceback
import typing
from collections.abc import Iterator

import pytest

import azion
from azion.errors import HandlerError, InvalidStateError
from azion.loader import load

from .conftest import Functions, MemoryHost

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _modules() -> Iterator[None]:
    before = dict(sys.modules)
    yield
    for name in sys.modules.keys() - before.keys():
        del sys.modules[name]


LISTENER = """
async def respond(event):
    return Response(event.args["name"])

add_event_listener("fetch", lambda event: event.respond_with(respond(event)))
"""
WEB_NAMES = LISTENER.replace("add_event_listener", "addEventListener").replace(
    "respond_with", "respondWith"
)


@pytest.mark.parametrize("source", [LISTENER, WEB_NAMES])
async def test_a_listener(functions: Functions, source: str) -> None:
    response = await functions.answer(source, {"name": "Ana"})
    assert await response.text() == "Ana"


async def test_handle_request(functions: Functions) -> None:
    for source in (
        "async def handle_request(request): return Response(request.url)",
        "def handle_request(request): return Response(request.url)",
        "handle_request = lambda request: Response(request.url)",
    ):
        assert await (await functions.answer(source)).text() == "http://localhost/"


async def test_fetch_form(functions: Functions, host: MemoryHost) -> None:
    host.variables = {"KEY": "value"}
    source = """
async def fetch(request, env, ctx):
    ctx.wait_until(later())
    ctx.waitUntil(later())
    return Response.json([request.url, env.KEY, env["KEY"], env.get("NO"), ctx.args])

async def later():
    console.log("later")
"""
    event = functions.event(args={"a": 1})
    response = await functions.load(source)(event)
    assert await response.json() == ["http://localhost/", "value", "value", None, {"a": 1}]
    await event._settle()
    assert host.lines == [("log", "later")] * 2


@pytest.mark.parametrize(
    "parameters", ["request", "request, env", "request, env, ctx", "*all", "request, *, more=1"]
)
async def test_fetch_form_takes_as_many_arguments_as_it_names(
    functions: Functions, parameters: str
) -> None:
    source = f"async def fetch({parameters}): return Response('a')"
    assert await (await functions.answer(source)).text() == "a"


@pytest.mark.parametrize(
    "source",
    ["", "from azion import fetch", "import azion\nfetch = azion.fetch", "handle_request = 1"],
)
async def test_no_handler(source: str) -> None:
    with pytest.raises(HandlerError, match="No fetch event listeners found"):
        load(source, "empty.py", "empty_function")


async def test_two_listeners() -> None:
    source = 'add_event_listener("fetch", print)\nadd_event_listener("fetch", print)'
    with pytest.raises(HandlerError, match='You can register just one "fetch" event listener'):
        load(source, "two.py", "two_listeners")


async def test_two_handlers(functions: Functions) -> None:
    source = """
async def handle_request(request): return Response("handle_request")
async def fetch(request, env, ctx): return Response("fetch")
"""
    with pytest.raises(HandlerError, match="two handlers"):
        functions.load(source)


async def test_a_listener_goes_before_helpers_with_a_handlers_name(functions: Functions) -> None:
    source = """
async def handle_request(request): return Response("listener")
async def fetch(url): return None
add_event_listener("fetch", lambda event: event.respond_with(handle_request(event.request)))
"""
    assert await (await functions.answer(source)).text() == "listener"


async def test_what_a_listener_may_be() -> None:
    with pytest.raises(TypeError, match="'scheduled' is not an event"):
        load('add_event_listener("scheduled", print)', "a.py", "a_function")
    with pytest.raises(TypeError, match="A listener is a function"):
        load('add_event_listener("fetch", 1)', "a.py", "a_function")
    with pytest.raises(InvalidStateError, match="at the top level"):
        azion.add_event_listener("fetch", print)


async def test_listeners_of_one_file_are_not_another_ones(functions: Functions) -> None:
    first = functions.load(LISTENER, "first")
    second = functions.load(LISTENER.replace('"name"', '"other"'), "second")
    args = {"name": "a", "other": "b"}
    assert await (await first(functions.event(args=args))).text() == "a"
    assert await (await second(functions.event(args=args))).text() == "b"


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("async def handle_request(request): pass", "handle_request gave None"),
        ("async def handle_request(request): return 'a'", "handle_request gave str 'a'"),
        ("async def fetch(request): return {}", "fetch gave dict {}"),
    ],
)
async def test_an_answer_that_is_no_response(functions: Functions, source: str, named: str) -> None:
    with pytest.raises(TypeError, match=f"{named}. Give a Response."):
        await functions.answer(source)


async def test_names_are_there_without_an_import() -> None:
    names = azion.injected()
    source = "names = dict(globals())\nasync def handle_request(request): pass"
    load(source, "names.py", "names_function")
    found = vars(sys.modules["names_function"])["names"]
    assert {name: found[name] for name in names} == names


async def test_the_module_is_a_whole_one(functions: Functions) -> None:
    source = """
from __future__ import annotations
import dataclasses, typing

@dataclasses.dataclass
class Point:
    x: int
    y: typing.ClassVar[int] = 1
    next: Point | None = None

async def handle_request(request): return Response(__name__ + " " + __file__)
"""
    response = await functions.load(source, "points")(functions.event())
    assert await response.text() == "points /functions/points.py"
    point = vars(sys.modules["points"])["Point"]
    assert [field.name for field in dataclasses.fields(point)] == ["x", "next"]
    assert pickle.loads(pickle.dumps(point(3))) == point(3)
    assert typing.get_type_hints(point)["next"] == point | None


async def test_a_function_does_not_stand_in_a_modules_place(functions: Functions) -> None:
    source = "import json\nasync def handle_request(request): return Response(json.dumps(__name__))"
    for _ in range(2):
        response = await functions.load(source, "json")(functions.event())
        assert await response.json() == "function_json"
        assert sys.modules["json"] is json


async def test_loading_again_replaces_the_module(functions: Functions) -> None:
    source = "async def handle_request(request): return Response('{}')"
    functions.load(source.format("old"), "again")
    response = await functions.load(source.format("new"), "again")(functions.event())
    assert await response.text() == "new"


async def test_tracebacks_have_the_functions_lines(functions: Functions) -> None:
    source = "async def handle_request(request):\n    return missing  # this line\n"
    with pytest.raises(NameError) as caught:
        await functions.answer(source)
    assert "return missing  # this line" in "".join(traceback.format_exception(caught.value))


async def test_what_a_file_raises(functions: Functions) -> None:
    with pytest.raises(ZeroDivisionError):
        functions.load("1 / 0", "broken")
    assert "broken" not in sys.modules
    with pytest.raises(SyntaxError) as caught:
        functions.load("a b", "broken")
    assert caught.value.filename == "/functions/broken.py"
    with pytest.raises(InvalidStateError):
        azion.add_event_listener("fetch", print)
