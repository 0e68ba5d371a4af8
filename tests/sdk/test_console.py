from __future__ import annotations

from typing import Any

import pytest

from azion import Headers, Response, console
from azion.console import formatted

from .conftest import MemoryHost


def test_each_method_logs_at_its_level(host: MemoryHost) -> None:
    console.debug("a")
    console.log("b", 1)
    console.info("c")
    console.warn("d")
    console.error("e")
    assert host.lines == [
        ("debug", "a"),
        ("log", "b 1"),
        ("info", "c"),
        ("warn", "d"),
        ("error", "e"),
    ]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((), ""),
        (("a", "b"), "a b"),
        (("a\nb",), "a\nb"),
        (({"a": [1, None, "é"]},), '{"a":[1,null,"é"]}'),
        (([1, 2],), "[1,2]"),
        (((1, "a"),), '[1,"a"]'),
        (({"a": {1}},), "{'a': {1}}"),
        (({"a": float("nan")},), "{'a': nan}"),
        ((None, True, 1.5), "None True 1.5"),
        ((b"a",), "b'a'"),
        ((Headers({"a": "b"}),), "Headers([('a', 'b')])"),
        ((Response(),), "<Response 200>"),
        (("50%", "off"), "50% off"),
        (("100%s",), "100%s"),
        (("%s is %d years", "Ana", 41, "old"), "Ana is 41 years old"),
        (("%i|%d|%d|%f|%d", "42.9", "42.9", 3.0, 1.5, "x"), "42|42.9|3|1.5|NaN"),
        (("%i", float("inf")), "NaN"),
        (("%o %O %j", {"a": 1}, [1], None), '{"a":1} [1] None'),
        (("%cred%c", "color: red", ""), "red"),
        (("%% %s", "a"), "% a"),
        (("%s %s", "a"), "a %s"),
        ((1, "%s", "a"), "1 %s a"),
    ],
)
def test_formats_as_the_webs_consoles_do(values: tuple[object, ...], text: str) -> None:
    assert formatted(values) == text


def test_a_value_that_holds_itself() -> None:
    value: list[Any] = []
    value.append(value)
    assert formatted((value,)) == "[[...]]"


def test_exceptions_are_written_with_their_traceback() -> None:
    try:
        raise RuntimeError("boom")
    except RuntimeError as error:
        text = formatted(("failed:", error))
    assert text.startswith("failed: Traceback")
    assert 'raise RuntimeError("boom")' in text
    assert text.endswith("RuntimeError: boom")
