from __future__ import annotations

from pathlib import Path

import pytest

from azrun.inference.errors import InvalidRequest
from azrun.inference.worker.logs import Logs
from azrun.inference.worker.model import Model
from azrun.inference.worker.tokenizer import LONGEST_RUN, MOST_SPECIAL

from ..random_models import writes_text

# As gpt-oss, Mistral and DeepSeek split their texts: llama.cpp does so by std::regex.
BY_REGEX = ("gpt-4o", "tekken", "deepseek-v3")


@pytest.fixture(params=[*BY_REGEX, "qwen2"])
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Model:
    return Model(writes_text(tmp_path / "model.gguf", pre=request.param), Logs())


@pytest.mark.parametrize("letter", ["a", " ", "\n", "!", "1", "\u2603"])
def test_a_run_that_is_longer_than_a_stack_is_deep(model: Model, letter: str) -> None:
    count = 40_000
    assert len(model.tokenize(letter * count)) == count * len(letter.encode())


def test_the_longest_run(model: Model) -> None:
    text = "a" * LONGEST_RUN + " " * LONGEST_RUN
    assert len(model.tokenize(text)) == len(text)
    with pytest.raises(InvalidRequest, match="524,288 is the most"):
        model.tokenize(text + " ")


def test_special_tokens_without_end(model: Model) -> None:
    assert len(model.tokenize("<|im_end|>" * 4000)) == 4000
    many = "<|im_end|>" * (MOST_SPECIAL + 1)
    with pytest.raises(InvalidRequest, match=r"20,001 special tokens .* 20,000 is the most"):
        model.tokenize(many)
    assert len(model.tokenize(many, parse=False)) == len(many)
    assert len(model.tokenize("<b>" * (MOST_SPECIAL + 1))) == 3 * (MOST_SPECIAL + 1)


def test_a_long_text_of_words(model: Model) -> None:
    text = "The end, <|im_end|> and 12 more.\n" * 1000
    assert len(model.tokenize(text)) == 1000 * len(model.tokenize(text[:33]))
