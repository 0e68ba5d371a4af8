from __future__ import annotations

import time

import pytest

from azrun.inference.errors import InvalidRequest, Unsupported
from azrun.inference.types import GenerateRequest, ImagePart, Message, TextPart, ToolCall
from azrun.inference.worker.requests.template import ChatTemplate

STRINGS = "{% for m in messages %}[{{ m.role }}]{{ m['content'] }}{% endfor %}"
PARTS = (
    "{% for m in messages %}[{{ m.role }}]{% for part in m.content %}"
    "{% if part.type == 'text' %}{{ part.text }}|{% else %}<pad>{% endif %}"
    "{% endfor %}{% endfor %}"
)
BOTH = "{% for m in messages %}{% if m.content is string %}{{ m.content }}{% else %}" + (
    "{% for part in m.content %}{{ part.text }};{% endfor %}{% endif %}{% endfor %}"
)
PLACES_IMAGES = (
    "{% for m in messages if m.content is not string %}"
    "{% for part in m.content if part.type == 'image_url' %}<__media__>{% endfor %}{% endfor %}"
)


def render(source: str, *messages: Message, tools: tuple[dict[str, object], ...] = ()) -> str:
    template = ChatTemplate(source, "<s>", "</s>", "<IMG>")
    return template.render(GenerateRequest(messages, tools=tools))


def user(*parts: TextPart | ImagePart) -> Message:
    return Message("user", parts)


def test_a_template_for_strings():
    assert render(STRINGS, Message("system", "be"), Message("user", "hi")) == "[system]be[user]hi"
    assert render(STRINGS, user(TextPart("a"), TextPart("b"))) == "[user]a\nb"


def test_images_in_a_template_for_strings():
    content = user(TextPart("a"), ImagePart(), ImagePart(), TextPart("b"), TextPart("c"))
    assert render(STRINGS, content) == "[user]a<IMG><IMG>b\nc"


def test_a_template_for_parts():
    assert render(PARTS, Message("user", "hi")) == "[user]hi|"
    assert render(PARTS, user(TextPart("a"), ImagePart())) == "[user]a|<IMG>|"


def test_a_template_for_both():
    assert render(BOTH, Message("user", "hi")) == "hi"
    assert render(BOTH, user(TextPart("a"), ImagePart())) == "a;<IMG>;"


def test_a_template_that_places_images_itself():
    assert render(PLACES_IMAGES, user(TextPart("a"), ImagePart(), ImagePart())) == "<IMG><IMG>"


def test_the_embedded_models_own(tiny_ocr):
    import gguf

    field = gguf.GGUFReader(tiny_ocr.gguf).fields["tokenizer.chat_template"]
    assert "<IMG>" in render(field.contents(), user(ImagePart(), TextPart("read")))


def test_tokens_and_the_generation_prompt():
    source = "{{ bos_token }}{{ eos_token }}{% if add_generation_prompt %}go{% endif %}"
    assert render(source) == "<s></s>go"


def test_blocks_take_no_lines_of_their_own():
    assert render("a\n  {% if true %}\nb\n  {% endif %}\nc") == "a\nb\nc"


def test_tools_and_calls():
    source = (
        "{{ tools | tojson }}{% for m in messages %}{% for c in m.tool_calls or [] %}"
        "{{ c.function.name }}:{{ c.function.arguments | tojson }}{% endfor %}"
        "{{ m.tool_call_id }}{% endfor %}"
    )
    call = ToolCall("1", "f", '{"a": "\u00e9"}')
    messages = Message("assistant", None, (call,)), Message("tool", "x", tool_call_id="1")
    tool: dict[str, object] = {"type": "function"}
    assert render(source, *messages, tools=(tool,)) == '[{"type": "function"}]f:{"a": "\u00e9"}1'


def test_tools_are_none_without_tools():
    assert render("{{ tools is none }}") == "True"


def test_arguments_that_are_no_json():
    source = "{{ messages[0].tool_calls[0].function.arguments }}"
    assert render(source, Message("assistant", None, (ToolCall("1", "f", "{"),))) == "{"


def test_generation_and_loop_controls():
    source = "{% for i in range(9) %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %}"
    assert render(source + "{% generation %}x{% endgeneration %}") == "01x"


def test_a_template_that_refuses():
    with pytest.raises(InvalidRequest, match="refuses them: roles must alternate"):
        render("{{ raise_exception('roles must alternate') }}")


def test_a_template_that_is_broken():
    with pytest.raises(Unsupported, match="cannot be read"):
        ChatTemplate("{% if %}", "", "", "")


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ messages.append(1) }}",
        "{{ range(1000000000) | list }}",
    ],
)
def test_a_hostile_template_gets_nowhere(source: str):
    with pytest.raises(InvalidRequest):
        render(source)


def test_the_template_for_tools():
    template = ChatTemplate("plain", "", "", "", tool_use="with {{ tools | length }}")
    tool: dict[str, object] = {"type": "function"}
    assert template.render(GenerateRequest(())) == "plain"
    assert template.render(GenerateRequest((), tools=(tool, tool))) == "with 2"


LOOP = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


def test_a_template_that_does_not_end_for_some_message():
    template = ChatTemplate(
        "{% if messages[0].content == 'go' %}" + LOOP + "{% endif %}ok", "", "", ""
    )
    began = time.monotonic()
    with pytest.raises(Unsupported, match="longer than 2 seconds"):
        template.render(GenerateRequest((Message("user", "go"),)))
    assert time.monotonic() - began < 5
    assert template.render(GenerateRequest((Message("user", "stay"),))) == "ok"


def test_a_template_that_does_not_end_at_all():
    with pytest.raises(Unsupported, match="longer than 2 seconds"):
        ChatTemplate(LOOP, "", "", "")


@pytest.mark.parametrize("opening", ["(", "-", "a."])
def test_a_template_that_is_too_deep(opening: str):
    with pytest.raises(Unsupported, match="cannot be read"):
        ChatTemplate("{{ " + opening * 5000, "", "", "")


def test_a_macro_that_calls_itself():
    with pytest.raises(InvalidRequest, match="recursion"):
        render("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}")
