"""A model's chat template, as Hugging Face's `apply_chat_template` runs it."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from jinja2 import Template, TemplateError

from azrun.inference.errors import InvalidRequest, Unsupported
from azrun.inference.types import GenerateRequest, ImagePart, Message
from azrun.inference.worker.requests.deadline import within
from azrun.inference.worker.requests.sandbox import Sandbox

PROBE = "azrun-probe"
MTMD_MARKER = "<__media__>"  # what a template made for llama.cpp prints for an image
LIMIT = 2.0  # seconds for one rendering; real ones take milliseconds
_TOO_LONG = f"longer than {LIMIT:g} seconds: it may never end"
_ANOTHER = "Use another GGUF of this model, or one whose template was mended."


def _refuse(message: str) -> None:
    raise TemplateError(message)


def _now(form: str) -> str:
    if len(form) > 100 or re.search(r"%\D?\d", form):
        raise TemplateError("strftime_now: the format is too long")
    return datetime.now().strftime(form)


class ChatTemplate:
    """Renders conversations to a prompt, in which `marker` stands where an image belongs.

    `tool_use` is the template that some models have for requests with tools. Raises Unsupported
    where a template cannot be read, or does not end in time.
    """

    def __init__(
        self, source: str, bos: str, eos: str, marker: str, tool_use: str | None = None
    ) -> None:
        tokens = {"bos_token": bos, "eos_token": eos}
        self._plain = _Conversation(source, tokens, marker)
        self._tool_use = None if tool_use is None else _Conversation(tool_use, tokens, marker)

    def render(self, request: GenerateRequest) -> str:
        """The prompt; InvalidRequest where the template refuses the conversation."""
        conversation = (self._tool_use if request.tools else None) or self._plain
        return conversation.render(request)


class _Conversation:
    """One template, and the form in which it takes messages."""

    def __init__(self, source: str, tokens: dict[str, str], marker: str) -> None:
        self._tokens, self._marker = tokens, marker
        self._sandbox = Sandbox()
        self._sandbox.globals |= {"raise_exception": _refuse, "strftime_now": _now}
        try:
            within(LIMIT, lambda: self._read(source))
        except TimeoutError:
            raise Unsupported(f"the model's chat template takes {_TOO_LONG}.", _ANOTHER) from None
        except Exception as error:  # of the template's code, or of Python's reading it
            raise Unsupported(
                f"the model's chat template cannot be read: {str(error).rstrip('.')}.", _ANOTHER
            ) from error

    def _read(self, source: str) -> None:
        self._template: Template = self._sandbox.from_string(source)
        self._places_images = self._prints([_IMAGE], MTMD_MARKER)
        self._takes_parts = self._prints([_text(PROBE)], PROBE)
        self._takes_text = self._prints(PROBE, PROBE)

    def render(self, request: GenerateRequest) -> str:
        messages = [self._message(message) for message in request.messages]
        try:
            prompt = within(LIMIT, lambda: self._render(messages, list(request.tools) or None))
        except TimeoutError:
            raise Unsupported(f"the model's chat template takes {_TOO_LONG}.", _ANOTHER) from None
        except Exception as error:  # a template is the model's code: it may raise anything
            raise InvalidRequest(
                f"messages: the model's chat template refuses them: {error}"
            ) from error
        return prompt.replace(MTMD_MARKER, self._marker) if self._places_images else prompt

    def _render(self, messages: list[dict[str, Any]], tools: list[Any] | None = None) -> str:
        self._sandbox.begin()
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
