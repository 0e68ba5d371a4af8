"""What is too much for a stand-in is answered all the same, and advice is given once."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from PIL import Image, ImageDraw

from azrun.ai.run import run
from azrun.inference.embedded import stand_ins
from azrun.inference.errors import InvalidRequest
from azrun.inference.registry import Registry
from azrun.inference.types import Kind, ModelUse

pytestmark = pytest.mark.anyio
CHAT, OCR = "Qwen/Qwen3-30B-A3B-Instruct-2507-FP8", "nanonets/Nanonets-OCR-s"
EMBED, RERANK = "Qwen/Qwen3-Embedding-4B", "BAAI/bge-reranker-v2-m3"


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Asked:
    """The stand-ins, and what was said of them."""

    registry: Registry
    said: list[str]
    uses: list[ModelUse] = field(default_factory=list)

    async def run(self, model: str, **body: Any) -> dict[str, Any]:
        answer = await run(self.registry, model, body, self._no_images, self.uses)
        assert isinstance(answer, dict)
        return answer

    async def chat(self, model: str, *messages: Any, **more: Any) -> str:
        turns = [
            {"role": "assistant" if number % 2 else "user", "content": content}
            for number, content in enumerate(messages)
        ]
        body = await self.run(model, messages=turns, max_tokens=100, **more)
        text = body["choices"][0]["message"]["content"]
        return text or ""

    async def _no_images(self, url: str) -> bytes:
        raise AssertionError(url)


@pytest.fixture(scope="module")
async def loaded() -> AsyncIterator[Asked]:
    said: list[str] = []
    registry = Registry({}, stand_ins(), notice=said.append)
    yield Asked(registry, said)
    await registry.close()


@pytest.fixture
def stand_in(loaded: Asked) -> Asked:
    """As a process that has said nothing yet."""
    loaded.said.clear()
    loaded.uses.clear()
    loaded.registry._advice._given.clear()
    return loaded


def needs(kind: Kind) -> pytest.MarkDecorator:
    return pytest.mark.skipif(kind not in stand_ins(), reason=f"no {kind} stand-in")


def picture(image: Image.Image) -> list[dict[str, Any]]:
    file = io.BytesIO()
    image.save(file, "PNG")
    url = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
    return [{"type": "image_url", "image_url": {"url": url}}]


def scribble() -> Image.Image:
    """Loops as of a pen, of no alphabet."""
    image = Image.new("RGB", (700, 160), "white")
    for line in (50, 110):
        points = [
            (20 + step * 2.5, line + (14 + step % 7) * math.sin(step * 0.55) + step % 5)
            for step in range(250)
        ]
        for start in range(0, 250, 24):
            ImageDraw.Draw(image).line(points[start : start + 21], fill="black", width=2)
    return image


@needs(Kind.CHAT)
async def test_a_prompt_over_the_context_is_answered_from_its_ends(stand_in: Asked) -> None:
    for _ in range(2):
        text = await stand_in.chat(CHAT, "The river is long. " * 2000 + "What is a bridge?")
        assert text.strip()
    assert len([one for one in stand_in.said if "tokens, and it read" in one]) == 1
    assert f"azrun models pull {CHAT}" in stand_in.said[0]
    assert stand_in.uses[0].prompt_tokens <= 1024


@needs(Kind.CHAT)
async def test_the_newest_question_of_a_long_conversation_is_answered(stand_in: Asked) -> None:
    old = ("What is a bridge?", "A bridge is a building.") * 150
    text = await stand_in.chat(CHAT, *old, "What is a river?")
    assert text == await stand_in.chat(CHAT, "What is a river?")
    assert "it read" in stand_in.said[0]


@needs(Kind.CHAT)
async def test_what_the_real_model_would_refuse_is_refused(stand_in: Asked) -> None:
    with pytest.raises(InvalidRequest, match="the model's context is 65536 tokens"):
        await stand_in.chat(CHAT, "The river is long. " * 20_000)
    assert stand_in.said == []


@needs(Kind.CHAT)
async def test_an_ordinary_question_needs_no_advice(stand_in: Asked) -> None:
    assert await stand_in.chat(CHAT, "What is a bridge?")
    body = await stand_in.run(CHAT, messages=[{"role": "user", "content": "What is a bridge?"}])
    assert body["choices"][0]["logprobs"] is None
    assert stand_in.said == []


@needs(Kind.CHAT)
@pytest.mark.parametrize("text", ["橋とは何ですか。教えてください。", "Что такое мост?", "😀" * 30])
async def test_a_script_that_tiny_chat_never_saw(stand_in: Asked, text: str) -> None:
    assert await stand_in.chat(CHAT, text)
    assert "characters that it never saw" in stand_in.said[0]


@needs(Kind.VISION)
@pytest.mark.parametrize("colour", ["white", "black"])
async def test_an_image_without_print(stand_in: Asked, colour: str) -> None:
    await stand_in.chat(OCR, picture(Image.new("RGB", (300, 200), colour)))
    assert "nothing in an image looks like print" in stand_in.said[0]
    assert "azrun models pull nanonets/Nanonets-OCR-s" in stand_in.said[0]


@needs(Kind.VISION)
async def test_a_scribble_is_read_and_doubted(stand_in: Asked) -> None:
    await stand_in.chat(OCR, picture(scribble()))
    assert "not sure of its own answer" in stand_in.said[0]


@needs(Kind.VISION)
async def test_a_long_text_beside_an_image_is_no_hindrance(stand_in: Asked) -> None:
    page = picture(Image.new("RGB", (300, 200), "white"))
    await stand_in.chat(OCR, [*page, {"type": "text", "text": "Read it, please. " * 2000}])


@needs(Kind.EMBEDDING)
async def test_texts_that_tiny_embed_cannot_read_whole(stand_in: Asked) -> None:
    texts = ["", "a", "The river is long. " * 900, "こんにちは世界", "\x00", " "]
    body = await stand_in.run(EMBED, input=texts)
    for one in body["data"]:
        assert math.isclose(sum(number**2 for number in one["embedding"]), 1, rel_tol=1e-4)
    assert len(stand_in.said) == 2
    assert "it read the first 2,048" in stand_in.said[0]
    assert "characters that it never saw" in stand_in.said[1]


@needs(Kind.EMBEDDING)
async def test_a_text_that_the_real_model_would_refuse_is_refused(stand_in: Asked) -> None:
    with pytest.raises(InvalidRequest, match=r"input\[0\]: has .* and 32768 is the most"):
        await stand_in.run(EMBED, input="x" * 100_000)


@needs(Kind.RERANK)
@pytest.mark.parametrize(
    "documents", [["one"], [""], ["こんにちは"], ["The river is long. " * 900, "short"]]
)
async def test_unusual_documents_to_rerank(stand_in: Asked, documents: list[str]) -> None:
    body = await stand_in.run(RERANK, query="What is a river?", documents=documents)
    assert len(body["results"]) == len(documents)
    assert all(0 <= one["relevance_score"] <= 1 for one in body["results"])
