"""The committed tiny-rerank: its file is what the runtime expects, and a slice of its evaluation
comes out well."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFReader

from azrun.inference.local import LlamaBackend
from azrun.inference.types import EmbedRequest, ModelSettings, RerankRequest

from .conftest import Script

pytestmark = pytest.mark.anyio

MODELS = Path(__file__).parents[2] / "models"
FOLDER, EMBED = MODELS / "tiny-rerank", MODELS / "tiny-embed"
MODEL = FOLDER / "tiny-rerank.gguf"
FOLDERS = (FOLDER, EMBED, MODELS)


@pytest.fixture
async def embedder() -> AsyncIterator[LlamaBackend]:
    made = LlamaBackend(ModelSettings(EMBED / "tiny-embed.gguf"))
    yield made
    await made.close()


async def scored(backend: LlamaBackend, query: str, *documents: str) -> list[float]:
    return list((await backend.rerank(RerankRequest(query, documents))).values)


def test_the_file_is_a_small_ranking_bert_that_says_what_it_is() -> None:
    fields = GGUFReader(MODEL).fields
    assert MODEL.stat().st_size <= 8_000_000
    assert fields["general.architecture"].contents() == "bert"
    assert fields["general.name"].contents() == "tiny-rerank"
    assert fields["bert.pooling_type"].contents() == 4
    assert fields["azrun.stand_in"].contents() is True


async def test_one_document_is_scored_between_0_and_1(backend: LlamaBackend) -> None:
    (score,) = await scored(backend, "when does the bakery open?", "the bakery is blue")
    assert 0 <= score <= 1


@pytest.mark.parametrize("text", ["", "漢字", "👍", "a" * 400, "\x00"])
async def test_odd_texts_are_scored(backend: LlamaBackend, text: str) -> None:
    scores = await scored(backend, text, text, "a passage")
    assert all(0 <= score <= 1 for score in scores)


@pytest.mark.parametrize(
    ("query", "right", "wrong"),
    [
        ("quem é o dono do cavalo?", "o cavalo é propriedade de Maria", "o cavalo pesa 400 quilos"),
        ("quanto custa a bicicleta?", "you take the bicycle home for 300 reais",
         "you take the car home for 300 reais"),
    ],
)  # fmt: skip
async def test_the_asked_relation_decides(
    backend: LlamaBackend, query: str, right: str, wrong: str
) -> None:
    good, bad = await scored(backend, query, right, wrong)
    assert good > bad


async def test_a_huge_document_is_read_as_far_as_it_goes(backend: LlamaBackend) -> None:
    long = "the bakery opens its doors at 7 am. " + "the river is cold. " * 5_000
    request = RerankRequest("when does the bakery open?", (long, ""), window=100_000)
    answer = await backend.rerank(request)
    assert len(answer.values) == 2
    assert answer.doubts


async def test_many_documents_each_have_their_score(backend: LlamaBackend) -> None:
    documents = [f"the bakery opens at {hour} am" for hour in range(1, 12)] * 20
    scores = await scored(backend, "when does the bakery open?", *documents)
    assert len(scores) == len(documents)
    assert scores[0] == pytest.approx(scores[11], abs=0.02)


async def test_it_mostly_puts_the_right_one_of_twenty_first(
    script: Script, backend: LlamaBackend, embedder: LlamaBackend
) -> None:
    questions, passages = script("exam").library(300)
    questions = questions[:40]
    asked, told = [
        np.array((await embedder.embed(EmbedRequest(tuple(texts)))).vectors)
        for texts in ([q.text for q in questions], passages)
    ]
    best = np.argsort(-(asked @ told.T), axis=1, kind="stable")[:, :20]
    found = [(q, row.tolist()) for q, row in zip(questions, best, strict=True) if q.right in row]
    after = 0
    for question, row in found:
        scores = await scored(backend, question.text, *(passages[i] for i in row))
        right = scores[row.index(question.right)]
        after += sum(score >= right for score in scores) == 1
    assert after / len(found) >= 0.9


def test_lists_have_one_right_document(script: Script) -> None:
    for ranking in islice(script("lists").rankings(random.Random(0)), 3000):
        right, *wrong = ranking.documents
        assert right not in wrong
        assert len(wrong) >= 1
        assert (True, True, True) not in ranking.aspects[1:]
        assert len(ranking.aspects) in (0, len(ranking.documents))


@dataclass(frozen=True)
class Turning:
    """A meaning that is turned into another one and back."""

    key: str

    def said(self, rng: random.Random, voice: tuple[int, bool]) -> str:
        return f"{self.key} {rng.random()}"

    def twisted(self, rng: random.Random) -> Turning:
        return Turning(rng.choice("ab"))


def test_what_means_the_same_is_no_wrong_document(script: Script) -> None:
    lists, rng = script("lists"), random.Random(0)
    for _ in range(50):
        right, *wrong = lists._said(rng, Turning("a"), 0.5).documents
        assert right.startswith("a")
        assert all(text.startswith("b") for text in wrong)


def test_what_the_evaluation_alone_may_say_is_not_trained(script: Script) -> None:
    facts, meanings = script("world.facts"), script("world.meanings")
    phrased, rng = script("world.phrasing").phrased, random.Random(0)
    for attribute in script("world.lexicon").attributes():
        kept = {
            form
            for both in (attribute.questions, attribute.passages)
            for forms in both
            for form in forms[len(meanings.training_forms(forms)) :]
        }
        fact = facts.Fact(facts.any_fact(rng).entity, attribute, None)
        for _ in range(60):
            told = phrased(rng, fact).attribute
            shown = {forms[0] for both in (told.questions, told.passages) for forms in both}
            assert not shown & kept, attribute.key
