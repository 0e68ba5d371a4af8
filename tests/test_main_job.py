"""The main job as a newcomer sees it: a real server, the official client, a picture of a line."""

from __future__ import annotations

import base64
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

import httpx2
import openai
import pytest

ROOT = Path(__file__).parents[1]
LINE = "Invoice No. 4711, paid"
MODEL = "nanonets/Nanonets-OCR-s"


def data_url() -> str:
    return "data:image/png;base64," + base64.b64encode(
        (ROOT / "docs" / "line.png").read_bytes()
    ).decode("ascii")


def messages() -> list[dict[str, object]]:
    image = {"type": "image_url", "image_url": {"url": data_url()}}
    return [{"role": "user", "content": [image, {"type": "text", "text": "Extraia o texto."}]}]


def reads_the_line(text: str) -> bool:
    return SequenceMatcher(None, text, LINE).ratio() > 0.8


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """`azrun serve` on a free port, ended by SIGTERM."""
    process = subprocess.Popen(
        [sys.executable, "-m", "azrun", "serve", "--port", "0"],
        cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        env=os.environ | {"NO_COLOR": "1"},
    )  # fmt: skip
    assert process.stderr is not None
    try:
        url = next(
            found[0]
            for line in process.stderr
            if (found := re.search(r"http://127\.0\.0\.1:\d+", line))
        )
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.stderr.read()
        process.stderr.close()
        assert process.wait(30) == 0


@pytest.fixture
def client(server: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server}/v1", api_key="none", max_retries=0) as client:
        yield client


def test_the_client_reads_an_image(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model=MODEL, messages=messages(), max_tokens=500)  # type: ignore[arg-type]
    assert reads_the_line(answer.choices[0].message.content or "")
    assert answer.model == MODEL
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_the_client_streams(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model=MODEL, messages=messages(), max_tokens=500, stream=True  # type: ignore[arg-type]
    )  # fmt: skip
    chunks = list(stream)
    assert reads_the_line("".join(chunk.choices[0].delta.content or "" for chunk in chunks))
    assert len(chunks) > 3
    assert len({chunk.id for chunk in chunks}) == 1
    assert chunks[-1].choices[0].finish_reason == "stop"


@pytest.mark.parametrize("path", ["/ocr", "/v1/chat/completions"])
def test_the_answer_has_the_shape_of_the_model_pages(server: str, path: str) -> None:
    answer = httpx2.post(server + path, json={"model": MODEL, "messages": messages()}, timeout=30)
    body = answer.json()
    assert answer.status_code == 200
    assert answer.headers["x-azrun-model"] == f"tiny-ocr (stand-in for {MODEL})"
    assert set(body) == {"id", "object", "created", "model", "choices", "usage", "prompt_logprobs"}
    assert re.fullmatch(r"chatcmpl-[0-9a-f]{32}", body["id"])
    [choice] = body["choices"]
    assert reads_the_line(choice["message"].pop("content"))
    assert choice == {
        "index": 0,
        "message": {"role": "assistant", "reasoning_content": None, "tool_calls": []},
        "logprobs": None,
        "finish_reason": "stop",
        "stop_reason": None,
    }


@pytest.mark.parametrize("path", ["/ocr", "/v1/chat/completions"])
def test_a_stream_is_server_sent_events(server: str, path: str) -> None:
    request = {"model": MODEL, "messages": messages(), "stream": True}
    with httpx2.stream("POST", server + path, json=request, timeout=30) as answer:
        lines = [line for line in answer.iter_lines() if line]
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert all(line.startswith("data: ") for line in lines)
    assert lines[-1] == "data: [DONE]"


def test_an_image_itself_may_be_posted(server: str) -> None:
    image = (ROOT / "docs" / "line.png").read_bytes()
    headers = {"content-type": "image/png"}
    answer = httpx2.post(f"{server}/ocr", content=image, headers=headers, timeout=30)
    assert reads_the_line(answer.json()["choices"][0]["message"]["content"])


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"model": "no/such-model", "messages": []}, "no/such-model not found or not allowed"),
        ({"model": MODEL, "messages": "hello"}, f"Invalid input for {MODEL}"),
        ({"messages": []}, "Missing 'model' field in request body"),
    ],
)
def test_the_starter_kit_answers_errors_as_azions_does(
    server: str, request_: dict[str, object], message: str
) -> None:
    answer = httpx2.post(f"{server}/v1/chat/completions", json=request_)
    assert (answer.status_code, answer.json()) == (400, {"error": message})


def test_the_seeds_example(server: str) -> None:
    """The request of Azion's reference architecture, but for its image's address."""
    text = (
        "Extraia o texto do documento acima em Markdown estruturado. Tabelas em HTML."
        " Equações em LaTeX. Use <watermark>...</watermark> para marcas d'água e"
        " <page_number>...</page_number> para paginação."
    )
    image = {"type": "image_url", "image_url": {"url": data_url()}}
    content = [image, {"type": "text", "text": text}]
    request = {
        "model": MODEL,
        "max_tokens": 500,
        "messages": [{"role": "user", "content": content}],
    }
    answer = httpx2.post(f"{server}/v1/chat/completions", json=request, timeout=30)
    assert reads_the_line(answer.json()["choices"][0]["message"]["content"])
