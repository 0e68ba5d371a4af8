from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

pytestmark = pytest.mark.anyio

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
RAISES = """
import helper

async def handle_request(request):
    price = "<script>alert(1)</script>"
    return helper.divide(price)
"""
HELPER = "def divide(price):\n    raise ValueError(price)\n"
SPINS = "async def handle_request(request):\n    while True:\n        pass\n"


class Page(HTMLParser):
    """What a page says: its text, its elements, and the text of each class."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.elements: list[str] = []
        self.classes: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        if tag not in ("meta", "link"):
            self._open.append(dict(attrs).get("class") or "")

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data
        for name in self._open:
            self.classes[name] = self.classes.get(name, "") + data


async def page(project: Any, path: str, **options: Any) -> Page:
    answer = await project.client.get(path, headers=BROWSER, **options)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    return Page(answer.text)


async def raising(develop: Any) -> Any:
    project = await develop(hello=RAISES)
    project.main("hello").with_name("helper.py").write_text(HELPER)
    return project


async def test_a_browser_gets_a_page_with_the_source_of_each_frame(develop: Any) -> None:
    shown = await page(await raising(develop), "/hello")
    assert "ValueError" in shown.classes["name"]
    assert shown.classes["here"] == "2    raise ValueError(price)6    return helper.divide(price)"
    assert shown.text.index("raise ValueError") < shown.text.index("return helper.divide")
    assert "/function/helper.py:2" in shown.text
    assert "functions/hello/main.py:6" in shown.text


async def test_what_a_function_says_is_escaped(develop: Any) -> None:
    shown = await page(await raising(develop), "/hello")
    assert "<script>alert(1)</script>" in shown.text
    assert "script" not in shown.elements


async def test_the_runtimes_own_frames_are_folded_away(develop: Any) -> None:
    shown = await page(await raising(develop), "/hello")
    assert "/0/" not in shown.classes["file"]
    assert "/0/" not in shown.classes["traceback"]
    assert "inside the runtime" in shown.text


async def test_the_page_shows_request_and_limits(develop: Any) -> None:
    project = await raising(develop)
    answer = await project.client.get("/hello?q=1", headers=BROWSER | {"x-mine": "a header"})
    text = Page(answer.text).text
    for part in ("http://localhost:3333/hello?q=1", "x-mine", "a header", "of 2 s", "512 MB"):
        assert part in text
    assert answer.headers["x-request-id"] in text


async def test_a_limit_says_what_to_do(develop: Any) -> None:
    project = await develop(hello=SPINS)
    shown = await page(project, "/hello")
    assert "used more than 2 s of CPU time" in shown.text
    assert "raise cpu_seconds under [limits] in azrun.toml" in shown.classes["hint"]
    assert "2.0 s of 2 s" in " ".join(shown.classes["meter"].split())


async def test_a_syntax_error_is_shown_in_its_source(develop: Any) -> None:
    project = await develop(hello="fine = 1\nbroken = (\n")
    shown = await page(project, "/hello")
    assert shown.classes["here"] == "2broken = ("
    assert "Save its file" in shown.text


async def test_others_get_json(develop: Any) -> None:
    project = await raising(develop)
    answer = await project.client.get("/hello")
    error = answer.json()["error"]
    assert answer.status_code == 500
    assert error["message"] == "ValueError: <script>alert(1)</script>"
    assert error["type"] == "HandlerError"
    assert error["request_id"] == answer.headers["x-request-id"]
    assert error["traceback"][0] == "Traceback (most recent call last):"
    assert not any('"/0/' in line for line in error["traceback"])


async def test_no_route_lists_the_routes(develop: Any) -> None:
    project = await develop(one=RAISES, two=RAISES)
    answer = await project.client.get("/nowhere")
    assert answer.status_code == 404
    assert answer.json()["error"]["routes"] == {"/one*": "one", "/two*": "two"}
    shown = await page(project, "/nowhere")
    assert "no rule of the application matches GET /nowhere" in shown.text
    assert "/one*" in shown.classes["routes"]
