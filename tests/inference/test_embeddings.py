from __future__ import annotations

import asyncio

import pytest

from azrun.inference.errors import InvalidRequest, Unsupported
from azrun.inference.types import EmbedRequest, GenerateRequest, Message, RerankRequest, Usage

pytestmark = pytest.mark.anyio

HI = GenerateRequest((Message("user", "hi"),))


async def test_embeddings(counts, backend):
    model = backend(counts)
    info = await model.load()
    assert (info.dimensions, info.chats, info.reranks) == (320, False, False)
    one = await model.embed(EmbedRequest(("abc", "aab", (97, 98, 99))))
    assert [len(vector) for vector in one.vectors] == [320] * 3
    assert all(abs(sum(n * n for n in vector) - 1) < 1e-5 for vector in one.vectors)
    assert one.vectors[0] == one.vectors[2] != one.vectors[1]
    assert one.usage == Usage(9, 0)


async def test_embeddings_cut_to_dimensions(counts, backend):
    model = backend(counts)
    whole = (await model.embed(EmbedRequest(("abc",)))).vectors[0]
    cut = (await model.embed(EmbedRequest(("abc",), dimensions=98))).vectors[0]
    assert len(cut) == 98
    assert abs(sum(n * n for n in cut) - 1) < 1e-5
    assert cut[97] > whole[97] > 0
    with pytest.raises(InvalidRequest, match="dimensions: the model makes 320, not 321"):
        await model.embed(EmbedRequest(("abc",), dimensions=321))


async def test_many_embeddings_at_once(counts, backend):
    model = backend(counts)
    texts = tuple("abcdefg"[: 1 + number % 7] for number in range(500))
    alone = {text: (await model.embed(EmbedRequest((text,)))).vectors[0] for text in set(texts)}
    answers = await asyncio.gather(*(model.embed(EmbedRequest(texts)) for _ in range(3)))
    for answer in answers:
        for text, vector in zip(texts, answer.vectors, strict=True):
            assert sum(a * b for a, b in zip(vector, alone[text], strict=True)) > 0.9999


async def test_what_an_embedding_model_does_not_do(counts, says, backend):
    with pytest.raises(Unsupported, match="makes embeddings, and nothing else"):
        await anext(backend(counts).generate(HI))
    with pytest.raises(Unsupported, match="makes embeddings, and nothing else"):
        await backend(counts).rerank(RerankRequest("a", ("b",)))
    with pytest.raises(Unsupported, match="the model writes text"):
        await backend(says("a")).embed(EmbedRequest(("a",)))


@pytest.mark.parametrize("text", ["x" * 5000, ""])
async def test_a_text_that_cannot_be_embedded(counts, backend, text):
    model = backend(counts)
    with pytest.raises(InvalidRequest, match=r"input\[1\]: has (5000|no) tokens"):
        await model.embed(EmbedRequest(("a", text)))
    assert (await model.embed(EmbedRequest(("a",)))).vectors
