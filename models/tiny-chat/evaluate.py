"""Judge the model end to end, through a running azrun: conversations that it never saw.

`python models/tiny-chat/evaluate.py --url http://127.0.0.1:3333/v1 --count 300`: the function
behind the address calls `Azion.AI.run`. Names, codes, tools and questions are none of the
training's; small talk and sums are, for there are no others. Then the questions of
`everyday.txt`, which were written by hand with their texts, away from the generator's tables.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import shared  # noqa: F401
from tinychat.conversation import Conversation, assistant, user
from tinychat.lessons import conversation
from tinychat.talk import subjects
from training.client import ask
from training.tables import by_group, share

EVERYDAY = Path(__file__).with_name("everyday.txt")
SEPARATE = {"form.json": "json_right", "reading.everyday": "everyday"}
GROUPS = {"talk": "on_subject", "form": "on_subject", "reading": "fact_used", "tool": "right_tool"}


@dataclass(frozen=True)
class Answer:
    """What came back: its text, or its tool calls as (name, arguments)."""

    text: str
    calls: tuple[tuple[str, Any], ...]
    tokens: int


@dataclass(frozen=True)
class Judged:
    """One conversation, the answer to it, and whether it passes."""

    asked: Conversation
    answer: Answer
    right: bool

    @property
    def group(self) -> str:
        if self.asked.kind in SEPARATE:
            return SEPARATE[self.asked.kind]
        return GROUPS[self.asked.kind.split(".")[0]]


def body_of(asked: Conversation, model: str) -> dict[str, Any]:
    """The request: all messages but the last, which is the expected answer."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [_message(one, i) for i, one in enumerate(asked.messages[:-1])],
        "temperature": 0,
        "max_tokens": 200,
    }
    if asked.tools:
        body["tools"] = asked.tools
    if asked.kind == "form.json":
        schema = {"name": "data", "schema": schema_of(json.loads(asked.accepted[0]))}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


def _message(message: dict[str, Any], index: int) -> dict[str, Any]:
    """A message as OpenAI's API wants it: calls have ids, and arguments in a string."""
    if message["role"] == "tool":
        return {**message, "tool_call_id": f"call_{index - 1}"}
    if "tool_calls" not in message:
        return message
    function = message["tool_calls"][0]["function"]
    arguments = json.dumps(function["arguments"], ensure_ascii=False)
    made = {"name": function["name"], "arguments": arguments}
    call = {"id": f"call_{index}", "type": "function", "function": made}
    return {**message, "tool_calls": [call]}


def schema_of(values: dict[str, Any]) -> dict[str, Any]:
    """A strict JSON schema for an object like this one."""
    kinds = {str: "string", int: "integer"}
    return {
        "type": "object",
        "properties": {key: {"type": kinds[type(value)]} for key, value in values.items()},
        "required": list(values),
        "additionalProperties": False,
    }


def read(reply: dict[str, Any]) -> Answer:
    """The answer in a chat completion."""
    message = reply["choices"][0]["message"]
    functions = [call["function"] for call in message.get("tool_calls") or ()]
    calls = tuple((one["name"], _json_of(one["arguments"])) for one in functions)
    return Answer(message.get("content") or "", calls, reply["usage"]["completion_tokens"])


def right(asked: Conversation, answer: Answer) -> bool:
    """Whether an answer passes the check of its kind of conversation."""
    if asked.kind == "tool.call":
        functions = [call["function"] for call in asked.messages[-1]["tool_calls"]]
        return answer.calls == tuple((one["name"], one["arguments"]) for one in functions)
    if answer.calls:
        return False
    text = answer.text.strip()
    if asked.kind == "form.json":
        return bool(_json_of(text) == json.loads(asked.accepted[0]))
    if asked.kind == "reading.everyday":
        sentences = re.split(r"(?<=[.?!])\s+", asked.messages[0]["content"])
        return asked.fact in text and len(text) <= max(map(len, sentences))
    return text in asked.accepted or _on_subject(text, asked.accepted[0])


def _on_subject(text: str, expected: str) -> bool:
    """Another sentence that the tables allow, about the same thing in the same language."""
    return text in subjects() and subjects()[text] == subjects().get(expected)


def _json_of(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def everyday() -> list[Conversation]:
    """Questions about texts as people write them; the value that one sentence has to name."""
    lines = EVERYDAY.read_text(encoding="utf-8").splitlines()
    rows = [line.split(" | ") for line in lines]
    return [
        Conversation(
            "reading.everyday", [user(f"{text}\n\n{question}"), assistant(value)], fact=value
        )
        for text, question, value in rows
    ]


def report(judged: list[Judged], seconds: float) -> dict[str, object]:
    """The figures of the model card."""
    groups = by_group(judged, lambda one: one.group)
    kinds = by_group(judged, lambda one: one.asked.kind)
    forms = [one.answer.text for one in groups.get("json_right", [])]
    right = {name: [one.right for one in found] for name, found in (groups | kinds).items()}
    return {
        "prompts": len(judged) - len(groups["everyday"]),
        **{name: share(right[name]) for name in groups},
        "json_valid": share([_json_of(text) is not None for text in forms]) if forms else None,
        "tokens_a_second": round(sum(one.answer.tokens for one in judged) / seconds),
        "by_kind": {kind: f"{sum(right[kind])}/{len(right[kind])}" for kind in kinds},
    }


def main() -> None:
    options = _options()
    rng, judged, began = random.Random(options.seed), [], time.monotonic()
    made = (conversation(rng, fresh=True) for _ in range(options.count))
    for asked in chain(made, everyday()):
        body = body_of(asked, options.model)
        answer = read(ask(options.url, "chat/completions", body))
        judged.append(Judged(asked, answer, right(asked, answer)))
        if options.mistakes and not judged[-1].right:
            _show(judged[-1])
    print(json.dumps(report(judged, time.monotonic() - began), indent=2))


def _show(wrong: Judged) -> None:
    asked = wrong.asked
    lines = [asked.kind, *(str(tool["function"]) for tool in asked.tools)]
    lines += [f"  {one['role']}: {one['content']!r}" for one in asked.messages[:-1]]
    expected = asked.messages[-1]
    lines += [f"  expected: {expected.get('tool_calls') or expected['content']}"]
    print("\n".join([*lines, f"  answered: {wrong.answer}"]), file=sys.stderr)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:3333/v1")
    parser.add_argument("--model", default="Qwen/Qwen3-30B-A3B-Instruct-2507-FP8")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", default="evaluation")
    parser.add_argument("--mistakes", action="store_true", help="print what was answered wrongly")
    return parser.parse_args()


if __name__ == "__main__":
    main()
