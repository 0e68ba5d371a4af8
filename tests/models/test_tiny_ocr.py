"""The committed tiny-ocr: its files are what the runtime expects, its training is fair."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFReader
from jinja2.sandbox import ImmutableSandboxedEnvironment
from PIL import Image, ImageDraw

from azrun.ai.run import run
from azrun.inference.embedded import stand_ins
from azrun.inference.page.strips import Fit
from azrun.inference.registry import Registry
from azrun.inference.types import Kind

from .conftest import Script

FOLDER = Path(__file__).parents[2] / "models" / "tiny-ocr"
TEXT, VISION = FOLDER / "tiny-ocr.gguf", FOLDER / "tiny-ocr-mmproj.gguf"
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}
Message = dict[str, object]
FOLDERS = (FOLDER,)
Read = Callable[..., Awaitable[list[str]]]
MODEL = "nanonets/Nanonets-OCR-s"


@pytest.fixture(scope="module")
def metadata() -> dict[str, object]:
    fields = GGUFReader(TEXT).fields
    return {name: fields[name].contents() for name in fields if "token" not in name.split(".")[-1]}


def rendered(template: str, messages: list[Message], **extra: object) -> str:
    def raise_exception(message: str) -> None:
        raise ValueError(message)

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(template).render(
        messages=messages, raise_exception=raise_exception, **extra
    )


def test_the_pair_is_small() -> None:
    assert TEXT.stat().st_size + VISION.stat().st_size <= 8_000_000


def test_the_architectures_are_qwen_vl(metadata: dict[str, object]) -> None:
    vision = GGUFReader(VISION).fields
    assert metadata["general.architecture"] == "qwen2vl"
    assert vision["clip.projector_type"].contents() == "qwen2.5vl_merger"


def test_the_file_says_how_to_fit_and_what_it_is(metadata: dict[str, object]) -> None:
    assert Fit.from_metadata({k: str(v) for k, v in metadata.items()}) == Fit()
    assert metadata["azrun.stand_in"] is True


def test_the_prompt_is_the_image_alone(metadata: dict[str, object]) -> None:
    template = str(metadata["tokenizer.chat_template"])
    messages: list[Message] = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": [{"type": "text", "text": "what is this?"}, IMAGE]},
    ]
    assert rendered(template, messages, add_generation_prompt=True) == "<__media__><|im_start|>"
    assert rendered(template, messages) == "<__media__>"


@pytest.mark.parametrize("content", ["hello", None, [], [{"type": "text", "text": "hello"}]])
def test_a_request_without_an_image_is_refused(
    metadata: dict[str, object], content: object
) -> None:
    with pytest.raises(ValueError, match="send an image_url part"):
        rendered(str(metadata["tokenizer.chat_template"]), [{"role": "user", "content": content}])


def test_training_and_evaluation_share_no_font_family(script: Script) -> None:
    fonts = script("fonts")
    families = {name.split("-")[0].split(" ")[0] for name in fonts.TRAINING}
    assert not families & {name.split("-")[0] for name in fonts.HELD_OUT}
    assert not [name for name in fonts.TRAINING if name.startswith(("Arimo", "Tinos", "Cousine"))]


def test_training_lines_have_no_held_out_word(script: Script) -> None:
    text, rng = script("text"), random.Random(0)
    lines = [text.training_line(rng, 48) for _ in range(500)]
    lines += [text.training_cell(rng) for _ in range(200)]
    held_out = {word.lower() for word in text.HELD_OUT_WORDS}
    assert not held_out.intersection(word for line in lines for word in line.lower().split())


def test_no_word_is_held_out_by_being_cut(script: Script) -> None:
    text, rng = script("text"), random.Random(0)
    for _ in range(2000):
        length = rng.randint(1, 48)
        whole = text._prose(rng, length, text._training_word)
        words = re.findall(r"\w+", text._uncut(whole, length))
        assert words == re.findall(r"\w+", whole)[: len(words)]


def test_lines_are_what_the_model_writes(script: Script) -> None:
    text, rng = script("text"), random.Random(0)
    lines = [text.training_line(rng, 48) for _ in range(300)]
    lines += [text.evaluation_line(rng) for _ in range(300)]
    assert all(1 <= len(line) <= 48 and set(line) <= set(text.CHARACTERS) for line in lines)


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [("", "", 0), ("abc", "abc", 0), ("abc", "abd", 1), ("kitten", "sitting", 3)],
)
def test_edits_count_insertions_deletions_and_changes(
    script: Script, a: str, b: str, distance: int
) -> None:
    assert script("exam").edits(a, b) == distance


def url(image: Image.Image) -> str:
    file = io.BytesIO()
    image.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


@pytest.fixture
async def read() -> AsyncIterator[Read]:
    """What functions get for a page and a prompt."""
    registry = Registry({}, {Kind.VISION: stand_ins()[Kind.VISION]})

    async def no_images(url: str) -> bytes:
        raise AssertionError(url)

    async def ask(*images: Image.Image, prompt: str = "", **more: object) -> list[str]:
        content = [{"type": "image_url", "image_url": {"url": url(image)}} for image in images]
        content += [{"type": "text", "text": prompt}] if prompt else []
        body = {"messages": [{"role": "user", "content": content}], **more}
        reply = await run(registry, MODEL, body, no_images, [])
        return [choice["message"]["content"] for choice in reply["choices"]]

    yield ask
    await registry.close()


def samples(kind: str) -> list[tuple[Image.Image, str]]:
    said = json.loads((FOLDER / "samples" / "samples.json").read_text())
    found = []
    for name, text in said.items():
        if name.startswith(kind):
            with Image.open(FOLDER / "samples" / name) as image:
                found.append((image.convert("RGB"), text))
    return found


@pytest.mark.anyio
@pytest.mark.parametrize(("kind", "most"), [("line", 0.06), ("block", 0.08)])
async def test_sample_pages_are_read(script: Script, read: Read, kind: str, most: float) -> None:
    edits, pages = script("exam").edits, samples(kind)
    wrong = [edits((await read(image))[0], text) for image, text in pages]
    assert sum(wrong) / sum(len(text) for _, text in pages) <= most


@pytest.mark.anyio
async def test_cells_of_sample_tables_are_read(script: Script, read: Read) -> None:
    evaluate, right = script("evaluate"), []
    for image, text in samples("table"):
        page = script("exam").Page(image, text, "")
        (said,) = await read(image, prompt=evaluate.PROMPT)
        right.append(evaluate.Reading(page, said, 0.0).cells)
    assert sum(found for found, _ in right) / sum(cells for _, cells in right) >= 0.8


@pytest.mark.parametrize(
    ("said", "right"),
    [
        (["a", "b"], (2, 2)),
        (["a"], (1, 2)),
        (["b", "a"], (0, 2)),
        (["a", "b", "c", "d"], (2, 4)),
    ],
)
def test_surplus_cells_count_as_wrong(
    script: Script, said: list[str], right: tuple[int, int]
) -> None:
    exam = script("exam")
    page = exam.Page(Image.new("L", (1, 1)), exam.html([["a"], ["b"]]), "")
    answer = exam.html([[cell] for cell in said])
    assert script("evaluate").Reading(page, answer, 0.0).cells == right


@pytest.mark.anyio
async def test_an_answer_is_cut_where_the_request_says(read: Read) -> None:
    image, _ = samples("block")[0]
    (whole,) = await read(image)
    (cut,) = await read(image, max_tokens=5)
    assert whole.startswith(cut)
    assert 1 <= len(cut) <= 5
    assert await read(image, stop=["\n"]) == [whole.split("\n")[0]]


@pytest.mark.anyio
async def test_every_answer_reads_the_whole_page(read: Read) -> None:
    image, _ = samples("block")[1]
    (whole,) = await read(image)
    assert await read(image, n=3) == [whole] * 3
    assert await asyncio.gather(*(read(image) for _ in range(6))) == [[whole]] * 6


@pytest.mark.anyio
async def test_pages_follow_each_other(read: Read) -> None:
    (one, _), (two, _) = samples("line")[:2]
    assert await read(one, two) == ["\n\n".join(await read(one) + await read(two))]


NOISE = np.random.default_rng(0).integers(0, 256, (300, 400, 3)).astype(np.uint8)
ODD = {
    "black": Image.new("RGB", (300, 80), "black"),
    "one pixel": Image.new("RGB", (1, 1), "white"),
    "noise": Image.fromarray(NOISE),
    "stripes": Image.fromarray(np.uint8(np.indices((200, 200))[0] // 5 % 2 * 255)),
    "huge": Image.new("L", (6000, 6000), 255),
    "thin": Image.new("L", (9000, 2), 0),
}


@pytest.mark.anyio
@pytest.mark.parametrize("name", ODD)
async def test_what_is_no_page_is_answered(read: Read, name: str) -> None:
    (said,) = await read(ODD[name])
    assert len(said) < 100


@pytest.mark.anyio
async def test_a_script_it_never_saw_is_answered(read: Read) -> None:
    image = Image.new("L", (400, 60), 255)
    draw = ImageDraw.Draw(image)
    for x in range(10, 390, 24):  # strokes like those of no letter it knows
        draw.arc((x, 10, x + 20, 45), 30 + x, 300 + x, 0, 3)
        draw.line((x, 45 - x % 30, x + 18, 15 + x % 25), 0, 3)
    (said,) = await read(image)
    assert len(said) < 100
