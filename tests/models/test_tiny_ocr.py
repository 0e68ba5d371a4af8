"""The committed tiny-ocr: its files are what the runtime expects, its training is fair."""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from gguf import GGUFReader
from jinja2.sandbox import ImmutableSandboxedEnvironment

from azrun.inference.fit import LineFit

FOLDER = Path(__file__).parents[2] / "models" / "tiny-ocr"
TEXT, VISION = FOLDER / "tiny-ocr.gguf", FOLDER / "tiny-ocr-mmproj.gguf"
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}
Message = dict[str, object]
Script = Callable[[str], ModuleType]


@pytest.fixture(scope="module")
def metadata() -> dict[str, object]:
    fields = GGUFReader(TEXT).fields
    return {name: fields[name].contents() for name in fields if "token" not in name.split(".")[-1]}


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    """Imports one of the model's scripts, which stand beside each other and are no package."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


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
    assert LineFit.from_metadata({k: str(v) for k, v in metadata.items()}) == LineFit()
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
    words = [word for _ in range(500) for word in text.training_line(rng, 24).lower().split()]
    assert not text.HELD_OUT_WORDS.intersection(words)


def test_lines_fit_the_model(script: Script) -> None:
    text, rng = script("text"), random.Random(0)
    lines = [text.training_line(rng, 24) for _ in range(300)]
    lines += [text.evaluation_line(rng) for _ in range(300)]
    assert all(1 <= len(line) <= 24 and set(line) <= set(text.CHARACTERS) for line in lines)


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [("", "", 0), ("abc", "abc", 0), ("abc", "abd", 1), ("kitten", "sitting", 3)],
)
def test_edits_count_insertions_deletions_and_changes(
    script: Script, a: str, b: str, distance: int
) -> None:
    assert script("evaluate").edits(a, b) == distance
