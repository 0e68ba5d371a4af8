from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any

import pytest

pytestmark = pytest.mark.anyio

SAYS = "async def handle_request(request):\n    return Response({!r})\n"
COUNTS = """
count = 0

async def handle_request(request):
    global count
    count += 1
    return Response(str(count))
"""
SLOW = """
import time

end = time.monotonic() + 0.8
while time.monotonic() < end:
    pass
"""


async def test_the_next_request_is_served_by_what_was_saved(develop: Any) -> None:
    project = await develop(hello=SAYS.format("0"))
    for word in "123456789":
        project.save("hello", SAYS.format(word))
        assert await project.text("/hello") == word


async def test_a_file_that_is_replaced_counts_as_saved(develop: Any) -> None:
    project = await develop(hello=SAYS.format("old"))
    copy = project.main("hello").with_name("main.py.swp")
    copy.write_text(SAYS.format("new"))
    os.replace(copy, project.main("hello"))
    assert await project.text("/hello") == "new"


async def test_only_the_changed_function_is_reloaded(develop: Any) -> None:
    project = await develop(one=COUNTS, two=COUNTS)
    assert [await project.text("/one"), await project.text("/two")] == ["1", "1"]
    project.save("one", COUNTS + "\n# changed\n")
    assert [await project.text("/one"), await project.text("/two")] == ["1", "2"]
    await project.listener.hears("one reloaded in")
    assert len(project.listener.notices) == 1


async def test_saving_without_a_change_reloads_nothing(develop: Any) -> None:
    project = await develop(hello=COUNTS)
    assert await project.text("/hello") == "1"
    project.save("hello", COUNTS)
    assert await project.text("/hello") == "2"


async def test_modules_beside_the_function_belong_to_it(develop: Any) -> None:
    importing = "import words\n" + SAYS.format("").replace("''", "words.it")
    project = await develop(hello=importing)
    words = project.main("hello").with_name("words.py")
    assert "No module named 'words'" in await project.text("/hello")
    words.write_text("it = 'one'\n")
    assert await project.text("/hello") == "one"
    words.write_text("it = 'two'\n")
    assert await project.text("/hello") == "two"


async def test_a_request_under_way_ends_on_the_version_it_began_on(develop: Any) -> None:
    answers = "async def handle_request(request):\n    return Response({!r} + await request.text())"
    project = await develop(hello=answers.format("old, "))
    saved = asyncio.Event()

    async def upload() -> AsyncIterator[bytes]:
        yield b"the be"
        await saved.wait()
        yield b"ginning"

    async with asyncio.TaskGroup() as group:
        under_way = group.create_task(project.client.post("/hello", content=upload()))
        await project.client.get("/hello")
        project.save("hello", answers.format("new, "))
        assert await project.text("/hello") == "new, "
        saved.set()
    assert under_way.result().text == "old, the beginning"


async def test_the_old_version_serves_while_a_slow_one_loads(develop: Any) -> None:
    project = await develop(hello=SAYS.format("old"))
    project.save("hello", SLOW + SAYS.format("new"))
    assert await project.text("/hello") == "old"
    await project.listener.hears("hello reloaded in")
    assert await project.text("/hello") == "new"


async def test_an_error_at_load_is_answered_until_it_is_mended(develop: Any) -> None:
    project = await develop(hello=SAYS.format("fine"), other=SAYS.format("other"))
    project.save("hello", "async def handle_request(request:\n    pass\n")
    answer = await project.client.get("/hello")
    assert answer.status_code == 500
    error = answer.json()["error"]
    assert error["type"] == "LoadError"
    assert error["message"] == "SyntaxError: '(' was never closed (main.py, line 1)"
    assert error["traceback"][1] == '  File "functions/hello/main.py", line 1'
    assert await project.listener.hears("SyntaxError: '(' was never closed")
    assert await project.text("/other") == "other"
    project.save("hello", SAYS.format("mended"))
    assert await project.text("/hello") == "mended"


async def test_an_exception_at_load_is_answered_too(develop: Any) -> None:
    project = await develop(hello="{}['price']\n" + SAYS.format("never"))
    error = (await project.client.get("/hello")).json()["error"]
    assert error["message"] == "KeyError: 'price'"
    assert error["traceback"][:2] == [
        "Traceback (most recent call last):",
        '  File "functions/hello/main.py", line 1, in <module>',
    ]


async def test_a_file_that_is_gone_is_an_error_until_it_is_back(develop: Any) -> None:
    project = await develop(hello=SAYS.format("here"))
    project.main("hello").unlink()
    answer = await project.client.get("/hello")
    assert answer.json()["error"]["message"].startswith(str(project.main("hello")))
    project.save("hello", SAYS.format("back"))
    assert await project.text("/hello") == "back"


async def test_a_save_is_noticed_without_a_request(develop: Any) -> None:
    project = await develop(hello=SAYS.format("old"))
    project.save("hello", "1 / 0\n")
    assert await project.listener.hears("ZeroDivisionError: division by zero")


async def test_a_data_file_reloads_its_function(develop: Any) -> None:
    reads = """
with open("/function/word.txt") as file:
    word = file.read()

async def handle_request(request):
    return Response(word)
"""
    project = await develop(hello=reads)
    project.main("hello").with_name("word.txt").write_text("fresh")
    await project.listener.hears("hello reloaded in")
    assert await project.text("/hello") == "fresh"


@pytest.mark.parametrize("name", ["azion.config.json", "azrun.toml", ".env"])
async def test_a_changed_configuration_is_reported(develop: Any, name: str) -> None:
    project = await develop(hello=SAYS.format("fine"))
    (project.folder / name).write_text("")
    assert await project.listener.hears(f"{name} has changed: restart azrun to use it")
    assert await project.text("/hello") == "fine"
