"""A model's chat template, as Hugging Face's `apply_chat_template` runs it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from jinja2 import TemplateError, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from azrun.inference.errors import InvalidRequest, Unsupported
from azrun.inference.types import GenerateRequest, ImagePart, Message

PROBE = "azrun-probe"
MTMD_MARKER = "<__media__>"  # what a template made for llama.cpp prints for an image


class _Generation(Extension):
    """`{% generation %}` marks what training learns; here its body is all of it."""

    tags = {"generation"}  # noqa: RUF012 (declared so by jinja2)

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _refuse(message: str) -> None:
    raise TemplateError(message)


def _tojson(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators,
                      sort_keys=sort_keys)  # fmt: skip


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, "jinja2.ext.loopcontrols"]
    )
    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)
    return environment


class ChatTemplate:
    """Renders conversations to a prompt, in which `marker` stands where an image belongs."""

    def __init__(self, source: str, bos: str, eos: str, marker: str) -> None:
        try:
            self._template = _environment().from_string(source)
        except TemplateError as error:
            raise Unsupported(f"the model's chat template cannot be read: {error}") from error
        self._tokens = {"bos_token": bos, "eos_token": eos}
        self._marker = marker
        self._places_images = self._prints([_IMAGE], MTMD_MARKER)
        self._takes_parts = self._prints([_text(PROBE)], PROBE)
        self._takes_text = self._prints(PROBE, PROBE)

    def render(self, request: GenerateRequest) -> str:
        """The prompt; InvalidRequest where the template refuses the conversation."""
        messages = [self._message(message) for message in request.messages]
        try:
            prompt = self._render(messages, tools=list(request.tools) or None)
        except Exception as error:  # a template is the model's code: it may raise anything
            raise InvalidRequest(
                f"messages: the model's chat template refuses them: {error}"
            ) from error
        return prompt.replace(MTMD_MARKER, self._marker) if self._places_images else prompt

    def _render(self, messages: list[dict[str, Any]], tools: list[Any] | None = None) -> str:
        return self._template.render(
            messages=messages, tools=tools, add_generation_prompt=True, **self._tokens
        )

    def _prints(self, content: Any, expected: str) -> bool:
        """Whether the template takes content of this form, and not as its Python notation."""
        try:
            shown = self._render([{"role": "user", "content": content}])
        except Exception:
            return False
        return expected in shown and "'type'" not in shown

    def _message(self, message: Message) -> dict[str, Any]:
        result: dict[str, Any] = {"role": message.role, "content": self._content(message)}
        if message.tool_calls:
            result["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.name, "arguments": _arguments(call.arguments)},
                }
                for call in message.tool_calls
            ]
        if message.tool_call_id is not None:
            result["tool_call_id"] = message.tool_call_id
        return result

    def _content(self, message: Message) -> Any:
        content = message.content
        if isinstance(content, str):
            typed = self._takes_parts and not self._takes_text
            return [_text(content)] if typed else content
        if content is None:
            return ""
        if self._places_images:
            return [_IMAGE if isinstance(part, ImagePart) else _text(part.text) for part in content]
        texts = [self._marker if isinstance(part, ImagePart) else part.text for part in content]
        return [_text(text) for text in texts] if self._takes_parts else self._joined(texts)

    def _joined(self, texts: list[str]) -> str:
        """Texts on lines of their own, images between them without a line's end."""
        joined = ""
        for before, text in zip(["", *texts], texts, strict=False):
            between = "\n" if before and self._marker not in (before, text) else ""
            joined += between + text
        return joined


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


_IMAGE = {"type": "image_url", "image_url": {"url": ""}}


def _arguments(text: str) -> Any:
    """A call's arguments as templates expect them: an object, where they are one."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
