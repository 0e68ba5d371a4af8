from __future__ import annotations

from pathlib import Path

import pytest

from azrun.inference.errors import ModelLoadError
from azrun.inference.worker.engine.draft import DEPTH, check
from azrun.inference.worker.logs import Logs
from azrun.inference.worker.model import Model

WORDS = "the quick brown fox jumps over the lazy dog"


@pytest.fixture(scope="module")
def other(says) -> Model:
    """Of the same vocabulary, and sure of something else."""
    return Model(says("abcdefgh", endless=True), Logs())


def test_a_draft_that_guesses_right_saves_steps(engine, model):
    alone, together = engine(), engine(draft=model)
    assert together.say(WORDS, max_tokens=60) == alone.say(WORDS, max_tokens=60)
    assert together.counted.decode_steps < alone.counted.decode_steps / 1.5


def test_a_draft_that_guesses_wrong_changes_nothing(engine, other):
    alone, together = engine(), engine(draft=other)
    assert together.say(WORDS, max_tokens=60) == alone.say(WORDS, max_tokens=60)
    assert together.counted.decode_steps == alone.counted.decode_steps
    assert together.counted.decoded_tokens > alone.counted.decoded_tokens


def test_several_at_once_and_prefixes(engine, model):
    one = engine(draft=model)
    first = [one.put(f"{number} {WORDS}", max_tokens=30) for number in range(4)]
    one.run()
    again = [one.put(f"{number} {WORDS}", max_tokens=30) for number in range(4)]
    one.run()
    alone = [engine().say(f"{number} {WORDS}", max_tokens=30) for number in range(4)]
    for ids in (first, again):
        assert sum(one.text(id) == text for id, text in zip(ids, alone, strict=True)) >= 3


def test_chance_stays_chance(engine, model):
    """A seed says the same with a draft as without: every token is the large model's choice."""
    options = {"max_tokens": 40, "temperature": 1.5, "seed": 3}
    assert engine(draft=model).say(WORDS, **options) == engine().say(WORDS, **options)


def test_an_answer_ends_on_its_last_token(engine, model):
    for most in range(1, DEPTH + 3):
        one = engine(draft=model)
        id = one.put(WORDS, max_tokens=most)
        one.run()
        assert (one.made(id), one.finish(id)) == (most, "length")


class Reversed:
    """The same tokens in another order."""

    gguf = Path("reversed.gguf")

    def __init__(self, model: Model) -> None:
        self._model, self.n_vocab = model, model.n_vocab

    def bytes_of(self, token: int, special: bool) -> bytes:
        return self._model.bytes_of(self.n_vocab - 1 - token, special)


def test_another_vocabulary(model: Model):
    check(model, model)
    with pytest.raises(ModelLoadError, match="reversed.gguf: .* must have the vocabulary of"):
        check(Reversed(model), model)  # type: ignore[arg-type]
