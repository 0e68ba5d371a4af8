from __future__ import annotations

import json

import pytest

from azrun.inference.dialects import Part, Text, Thought
from azrun.inference.types import ToolCallDelta

TOOLS = {
    "write": {
        "type": "object",
        "properties": {
            "path": {"type": "string"},
            "lines": {"type": "array", "items": {"type": "string"}},
            "mode": {"type": ["integer", "null"]},
            "note": {"type": ["string", "null"]},
            "size": {"enum": ["small", "large"]},
        },
    },
    "now": {"type": "object", "properties": {}},
}
CODER = """<tool_call>
<function=write>
<parameter=path>
/tmp/a <b>.txt
</parameter>
<parameter=lines>
["a", "é"]
</parameter>
<parameter=mode>
420
</parameter>
</function>
</tool_call>"""
GLM = """<tool_call>write
<arg_key>path</arg_key>
<arg_value>/tmp/a <b>.txt</arg_value>
<arg_key>lines</arg_key>
<arg_value>["a", "é"]</arg_value>
<arg_key>mode</arg_key>
<arg_value>420</arg_value>
</tool_call>"""
MINIMAX = """<minimax:tool_call>
<invoke name="write">
<parameter name="path">/tmp/a <b>.txt</parameter>
<parameter name="lines">["a", "é"]</parameter>
<parameter name="mode">420</parameter>
</invoke>
</minimax:tool_call>"""
WRITTEN = {"qwen_coder": CODER, "glm": GLM, "minimax": MINIMAX}
ARGUMENTS = {"path": "/tmp/a <b>.txt", "lines": ["a", "é"], "mode": 420}


def called(parts: list[Part]) -> list[tuple[str | None, object]]:
    """Names and arguments of the calls, which are all that there is."""
    calls = [part for part in parts if isinstance(part, ToolCallDelta)]
    assert calls == parts
    names, said = calls[::2], calls[1::2]
    return [(n.name, json.loads(a.arguments)) for n, a in zip(names, said, strict=True)]


@pytest.mark.parametrize("dialect", WRITTEN)
def test_a_call(read, dialect: str):
    assert called(read(dialect, WRITTEN[dialect], TOOLS)) == [("write", ARGUMENTS)]


@pytest.mark.parametrize("dialect", WRITTEN)
def test_text_and_thoughts_around_calls(read, dialect: str):
    text = f"<think>hm</think>\nI write.\n{WRITTEN[dialect]}\n{WRITTEN[dialect]}\nDone"
    thought, before, *calls, after = read(dialect, text, TOOLS)
    assert (thought, before, after) == (Thought("hm"), Text("I write.\n"), Text("Done"))
    assert called(calls) == [("write", ARGUMENTS)] * 2


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("qwen_coder", "<tool_call>\n<function=now>\n</function>\n</tool_call>"),
        ("glm", "<tool_call>now\n</tool_call>"),
        ("glm", "<tool_call>now</tool_call>"),
        ("minimax", '<minimax:tool_call>\n<invoke name="now">\n</invoke>\n</minimax:tool_call>'),
    ],
)
def test_a_call_without_arguments(read, dialect: str, text: str):
    assert called(read(dialect, text, TOOLS)) == [("now", {})]


def test_what_follows_a_call_is_none(read):
    *call, text = read("glm", f"{GLM}and <b>", TOOLS)
    assert (called(call), text) == ([("write", ARGUMENTS)], Text("and <b>"))


def test_two_calls_in_one_block(read):
    call = '<invoke name="now">\n</invoke>\n'
    text = f"<minimax:tool_call>\n{call}{call}</minimax:tool_call>"
    assert called(read("minimax", text, TOOLS)) == [("now", {})] * 2


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("path", "420", "420"),
        ("path", '"a"', '"a"'),
        ("path", "", ""),
        ("path", "\n a\n\n b \n", "\n a\n\n b \n"),
        ("mode", "null", None),
        ("mode", "many", "many"),
        ("note", "null", None),
        ("note", "12", "12"),
        ("size", "small", "small"),
        ("lines", "[1, ", "[1, "),
        ("unheard", "12", 12),
        ("unheard", "of", "of"),
    ],
)
def test_values_are_what_the_schema_says(read, key: str, text: str, value: object):
    call = f"<tool_call>\n<function=write>\n<parameter={key}>\n{text}\n</parameter>\n</function>"
    assert called(read("qwen_coder", call, TOOLS)) == [("write", {key: value})]


@pytest.mark.parametrize("dialect", WRITTEN)
def test_a_call_that_was_cut(read, dialect: str):
    """What was said of it for sure; whole where nothing but a closing tag is missing."""
    text, whole = WRITTEN[dialect], list(ARGUMENTS.items())
    for end in range(text.index("path") - 16, len(text)):
        parts = read(dialect, text[:end], TOOLS)
        calls = [part for part in parts if isinstance(part, ToolCallDelta)]
        if calls:
            said = "".join(part.arguments for part in calls)
            known = [json.dumps(dict(whole[:count]), ensure_ascii=False) for count in range(4)]
            assert said in ("", *known, *(one.removesuffix("}") for one in known)), end


@pytest.mark.parametrize("text", ["<tool_call> and so on", "<tool_call>\n<function=>", "<tool_ca"])
def test_what_is_no_call_stays_text(read, text: str):
    assert read("qwen_coder", text, TOOLS) == [Text(text)]


def test_without_tools_all_is_text(read):
    assert read("glm", GLM, {}) == [Text(GLM)]
