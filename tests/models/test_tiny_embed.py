"""The committed tiny-embed: its file is what the runtime expects, its evaluation is fair, and a
slice of it comes out well."""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFReader

from azrun.inference.local import LlamaBackend
from azrun.inference.types import EmbedRequest

from .conftest import Script

pytestmark = pytest.mark.anyio

FOLDER = Path(__file__).parents[2] / "models" / "tiny-embed"
MODEL = FOLDER / "tiny-embed.gguf"
FOLDERS = (FOLDER,)


async def embedded(backend: LlamaBackend, texts: list[str]) -> np.ndarray:
    answer = await backend.embed(EmbedRequest(tuple(texts)))
    return np.array(answer.vectors)


def test_the_file_is_a_small_bert_that_says_what_it_is() -> None:
    fields = GGUFReader(MODEL).fields
    assert MODEL.stat().st_size <= 6_000_000
    assert fields["general.architecture"].contents() == "bert"
    assert fields["general.name"].contents() == "tiny-embed"
    assert fields["bert.embedding_length"].contents() == 256
    assert fields["bert.pooling_type"].contents() == 1
    assert fields["azrun.stand_in"].contents() is True


def test_the_file_has_the_committed_vocabulary(script: Script) -> None:
    pieces = GGUFReader(MODEL).fields["tokenizer.ggml.tokens"].contents()
    assert pieces == script("wordpiece").tokenizer().pieces


@pytest.mark.parametrize("text", ["xyzzy", "Ação!", "γειά", "привет", "שלום", "مرحبا", "a@b.c #1"])
def test_every_letter_is_a_piece(script: Script, text: str) -> None:
    wordpiece = script("wordpiece")
    assert wordpiece.UNKNOWN not in wordpiece.tokenizer()(text)


@pytest.mark.parametrize(
    "text", ["", " ", "漢字とかな", "한국어", "👍🏽", "a" * 400, "\x00\u200b", "?"]
)
async def test_odd_texts_get_finite_vectors(backend: LlamaBackend, text: str) -> None:
    (vector,) = await embedded(backend, [text])
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-3)


async def test_paraphrases_are_nearer_than_strangers(script: Script, backend: LlamaBackend) -> None:
    trials = script("exam").trials(120)
    first, same, stranger = [
        await embedded(backend, [getattr(trial, name) for trial in trials])
        for name in ("first", "same", "unrelated")
    ]
    assert ((first * same).sum(1) > (first * stranger).sum(1)).mean() >= 0.95


async def test_questions_find_their_passages(script: Script, backend: LlamaBackend) -> None:
    questions, passages = script("exam").library(300)
    asked, told = [
        await embedded(backend, texts) for texts in ([q.text for q in questions], passages)
    ]
    near = asked @ told.T
    right = near[np.arange(len(questions)), [q.right for q in questions]]
    assert ((near >= right[:, None]).sum(1) - 1 < 5).mean() >= 0.9


async def test_shortened_vectors_still_tell_paraphrases(
    script: Script, backend: LlamaBackend
) -> None:
    trials = script("exam").trials(120)
    first, same, stranger = [
        (await embedded(backend, [getattr(trial, name) for trial in trials]))[:, :64]
        for name in ("first", "same", "unrelated")
    ]
    cosine = [(first * x).sum(1) / np.linalg.norm(x, axis=1) for x in (same, stranger)]
    assert (cosine[0] > cosine[1]).mean() >= 0.9


def test_training_never_shows_what_the_evaluation_asks(script: Script) -> None:
    exam, pairs = script("exam"), script("world.pairs")
    seen = {text for pair in islice(pairs.pairs(random.Random(0)), 3000)
            for text in (pair.first, pair.second)}  # fmt: skip
    asked = {trial.first for trial in exam.trials(300)} | set(exam.library(300)[1])
    assert not seen & asked


def test_the_same_seed_makes_the_same_pairs(script: Script) -> None:
    pairs = script("world.pairs").pairs
    one, two = (list(islice(pairs(random.Random("seed")), 50)) for _ in range(2))
    assert one == two
