from __future__ import annotations

import asyncio
import io
from difflib import SequenceMatcher

import pytest
from PIL import Image, ImageDraw, ImageFont

from azrun.inference.errors import InvalidRequest
from azrun.inference.local import LlamaBackend
from azrun.inference.types import GenerateRequest, ImagePart, Message, TextPart, Usage

pytestmark = pytest.mark.anyio


def page(text: str, form: str = "PNG") -> bytes:
    image = Image.new("RGB", (420, 40), "white")
    ImageDraw.Draw(image).text((6, 5), text, fill="black", font=ImageFont.load_default(22))
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


def read(*images: bytes, **options: object) -> GenerateRequest:
    parts = (*(ImagePart(f"picture {number}") for number in range(len(images))), TextPart("read"))
    return GenerateRequest(
        (Message("user", parts),),
        images=images,
        **{"max_tokens": 24, **options},  # type: ignore[arg-type]
    )


@pytest.fixture
def eye(tiny_ocr, backend) -> LlamaBackend:
    return backend(tiny_ocr.gguf, mmproj=tiny_ocr.mmproj)


def alike(text: str, expected: str) -> bool:
    """How well the model reads is its training's to test: here it must have seen the image."""
    return SequenceMatcher(None, text, expected).ratio() > 0.4


async def answer(eye: LlamaBackend, request: GenerateRequest) -> tuple[str, Usage]:
    chunks = [chunk async for chunk in eye.generate(request)]
    return "".join(chunk.text for chunk in chunks), chunks[-1].usage


async def test_an_image_is_read(eye):
    assert (await eye.load()).sees_images
    text, usage = await answer(eye, read(page("Hello world")))
    assert alike(text, "Hello world")
    # 28 x 420 pixels in squares of 28, between two marks, and what the template adds.
    assert usage.prompt_tokens > 15 + 2


async def test_the_same_again_after_another(eye):
    first, other = page("Hello world"), page("42 apples", "WEBP")
    texts = [(await answer(eye, read(one)))[0] for one in (first, other, first)]
    assert texts[0] == texts[2] != texts[1]


async def test_several_answers_about_one_image(eye):
    one, usage = await answer(eye, read(page("Hello")))
    chunks = [chunk async for chunk in eye.generate(read(page("Hello"), n=2))]
    for index in range(2):
        assert "".join(chunk.text for chunk in chunks if chunk.index == index) == one
    assert chunks[-1].usage.completion_tokens == 2 * usage.completion_tokens


async def test_an_image_that_was_seen_is_not_seen_again(eye):
    first, usage = await answer(eye, read(page("Hello")))
    again, usage_again = await answer(eye, read(page("Hello")))
    other, usage_other = await answer(eye, read(page("Other")))
    assert first == again != other
    assert usage.cached_tokens == 0
    assert usage_again.cached_tokens == usage.prompt_tokens - 1
    assert usage_other.cached_tokens < 15  # the image is not a part of what they share


async def test_text_and_images_at_once(eye):
    pages = [page(f"Page {number}") for number in range(6)]
    alone = [(await answer(eye, read(one)))[0] for one in pages]
    together = await asyncio.gather(*(answer(eye, read(one)) for one in pages))
    assert [text for text, _ in together] == alone


async def test_several_images_count(eye):
    _, one = await answer(eye, read(page("a")))
    _, two = await answer(eye, read(page("a"), page("b")))
    assert two.prompt_tokens >= one.prompt_tokens + 15


async def test_images_that_do_not_fit(tiny_ocr, backend, tmp_path):
    whole = tmp_path / "whole.gguf"  # reads an image as it is, not in strips
    whole.write_bytes(tiny_ocr.gguf.read_bytes().replace(b"strips", b"images"))
    eye = backend(whole, mmproj=tiny_ocr.mmproj)
    with pytest.raises(InvalidRequest, match="context of 2048 tokens"):
        await answer(eye, read(*[page("a")] * 130))
    assert (await answer(eye, read(page("Hello"))))[1].completion_tokens > 0


async def test_more_pages_than_a_context_holds(eye):
    text, _ = await answer(eye, read(*[page("Hello")] * 130, max_tokens=2_000))
    assert len(text.split("\n\n")) == 130


async def test_a_broken_image_and_the_worker_lives(eye):
    await eye.load()
    worker = eye.pid
    with pytest.raises(InvalidRequest, match="^validation error: picture 1: the image "):
        await answer(eye, read(page("a"), b"\x89PNG\r\n\x1a\nnothing"))
    assert alike((await answer(eye, read(page("Hello"))))[0], "Hello")
    assert eye.pid == worker
