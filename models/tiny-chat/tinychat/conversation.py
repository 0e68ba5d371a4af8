"""A conversation and its form as text: what the model's chat template prints."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

Message = dict[str, Any]

CHAT_TEMPLATE = """\
{%- macro text(content) -%}
{%- if content is string -%}{{- content -}}
{%- elif content -%}
{%- for part in content if part.type == 'text' -%}{{- part.text -}}{%- endfor -%}
{%- endif -%}
{%- endmacro -%}
{%- set system = messages and messages[0].role in ('system', 'developer') -%}
{%- if system or tools -%}
{{- '<|im_start|>system\\n' -}}
{%- if system -%}{{- text(messages[0].content) -}}{%- endif -%}
{%- if tools -%}
{%- if system -%}{{- '\\n' -}}{%- endif -%}
{{- '<tools>' -}}
{%- for tool in tools -%}
{%- set function = tool.function or tool -%}
{%- set schema = function.parameters or {} -%}
{{- '\\n' + function.name + '(' -}}
{%- for name, parameter in (schema.properties or {}).items() -%}
{{- name + ('' if name in (schema.required or []) else '?') + ': ' -}}
{%- if parameter.enum -%}{{- parameter.enum | join('|') -}}
{%- else -%}{{- parameter.type or 'string' -}}{%- endif -%}
{%- if not loop.last -%}{{- ', ' -}}{%- endif -%}
{%- endfor -%}
{{- ')' -}}
{%- if function.description -%}{{- ' ' + function.description -}}{%- endif -%}
{%- endfor -%}
{{- '\\n</tools>' -}}
{%- endif -%}
{{- '<|im_end|>\\n' -}}
{%- endif -%}
{%- for message in (messages[1:] if system else messages) -%}
{%- if message.role == 'tool' -%}
{{- '<|im_start|>user\\n<tool_response>' + text(message.content) + '</tool_response>' -}}
{%- else -%}
{{- '<|im_start|>' + message.role + '\\n' + text(message.content) -}}
{%- for call in message.tool_calls or [] -%}
{%- set function = call.function or call -%}
{%- if text(message.content) or not loop.first -%}{{- '\\n' -}}{%- endif -%}
{{- '<tool_call>\\n{"name": "' + function.name + '", "arguments": ' -}}
{{- function.arguments if function.arguments is string else function.arguments | tojson -}}
{{- '}\\n</tool_call>' -}}
{%- endfor -%}
{%- endif -%}
{{- '<|im_end|>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}
"""
"""Tools are shown as signatures: a third of the tokens of their JSON schema."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """Messages as OpenAI writes them, the last of which is the answer that is expected.

    `kind` says what it teaches. An answer is right where it is one of `accepted`, or one sentence
    that contains `fact`, where there is one.
    """

    kind: str
    messages: list[Message]
    tools: list[dict[str, Any]] = field(default_factory=list)
    fact: str = ""
    accepted: tuple[str, ...] = ()


def user(text: str) -> Message:
    return {"role": "user", "content": text}


def assistant(text: str) -> Message:
    return {"role": "assistant", "content": text}


def system(text: str) -> Message:
    return {"role": "system", "content": text}


def calls(*made: tuple[str, dict[str, Any]]) -> Message:
    """An assistant's message that calls tools, each given by its name and its arguments."""
    functions = [{"function": {"name": name, "arguments": given}} for name, given in made]
    return {"role": "assistant", "content": "", "tool_calls": functions}


def segments(conversation: Conversation) -> list[tuple[str, bool]]:
    """The text in parts, each with whether the model writes it."""
    messages, tools = conversation.messages, conversation.tools
    parts: list[tuple[str, bool]] = []
    headed = messages[0]["role"] == "system"
    if headed or tools:
        head = messages[0]["content"] if headed else ""
        if tools:
            head += ("\n" if headed else "") + _signatures(tools)
        parts.append((f"<|im_start|>system\n{head}<|im_end|>\n", False))
    for message in messages[headed:]:
        parts += _turn(message)
    return parts


def _turn(message: Message) -> list[tuple[str, bool]]:
    text = message["content"]
    if message["role"] == "tool":
        shown = f"<tool_response>{text}</tool_response>"
        return [(f"<|im_start|>user\n{shown}<|im_end|>\n", False)]
    if message["role"] == "user":
        return [(f"<|im_start|>user\n{text}<|im_end|>\n", False)]
    for made in message.get("tool_calls", ()):
        arguments = json.dumps(made["function"]["arguments"], ensure_ascii=False)
        name = made["function"]["name"]
        text += "\n" if text else ""
        text += f'<tool_call>\n{{"name": "{name}", "arguments": {arguments}}}\n</tool_call>'
    start = ("<|im_start|>assistant\n", False)
    return [start, (f"{text}<|im_end|>", True), ("\n", False)]


def _signatures(tools: list[dict[str, Any]]) -> str:
    return "<tools>" + "".join("\n" + signature(tool["function"]) for tool in tools) + "\n</tools>"


def signature(function: dict[str, Any]) -> str:
    """`name(parameter: type, optional?: a|b) description`, as the template prints it."""
    schema = function["parameters"]
    shown = []
    for name, parameter in schema["properties"].items():
        mark = "" if name in schema.get("required", ()) else "?"
        kind = "|".join(parameter["enum"]) if "enum" in parameter else parameter["type"]
        shown.append(f"{name}{mark}: {kind}")
    return f"{function['name']}({', '.join(shown)}) {function['description']}".rstrip(" ")
