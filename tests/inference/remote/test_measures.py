from __future__ import annotations

import base64
import math
import struct
from typing import Any

import pytest

from azrun.inference.errors import InferenceError, InvalidRequest, ModelLoadError, ModelNotFound
from azrun.inference.remote import Endpoint, endpoint
from azrun.inference.types import EmbedRequest, RerankRequest, Usage

from .conftest import response

pytestmark = pytest.mark.anyio

EMBED, MODELS = "/v1/embeddings", "/v1/models"
RERANK = RerankRequest("q", ("a", "b"))


def vectors(*given: Any) -> bytes:
    data = [{"index": index, "embedding": one} for index, one in given]
    return response({"data": data, "usage": {"prompt_tokens": 4}})


def packed(*numbers: float) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


async def test_vectors_come_in_order_of_length_one(imitate: Any) -> None:
    backend, server = await imitate({EMBED: vectors((1, [3.0, 4.0]), (0, packed(0, 2)))})
    made = await backend.embed(EmbedRequest(("a", (1, 2))))
    assert [list(map(float, v)) for v in made.vectors] == [[0, 1], pytest.approx([0.6, 0.8])]
    assert made.usage == Usage(4, 0)
    assert server.body == {"model": "m", "input": ["a", [1, 2]], "encoding_format": "base64"}


async def test_dimensions(imitate: Any) -> None:
    backend, _ = await imitate({EMBED: vectors((0, [3.0, 4.0, 12.0]))})
    made = await backend.embed(EmbedRequest(("a",), dimensions=2))
    assert list(made.vectors[0]) == pytest.approx([0.6, 0.8])
    with pytest.raises(InvalidRequest, match="dimensions: the model makes 3, not 4"):
        await backend.embed(EmbedRequest(("a",), dimensions=4))


@pytest.mark.parametrize(
    ("served", "says"),
    [
        (vectors(), "answered for 0 of 1 texts"),
        (vectors((0, [1.0]), (1, [1.0])), "answered for 2 of 1 texts"),
        (vectors((1, [1.0])), "or for others"),
        (vectors((0, [0.0])), "no direction"),
        (vectors((0, [])), "no direction"),
        (vectors((0, packed(math.nan))), "no direction"),
        (vectors((0, "AAA")), "cannot be read"),
        (vectors((0, "AAAA")), "cannot be read"),
        (vectors((0, ["a"])), "did not answer as OpenAI's API does"),
        (response(b"{"), "did not answer as OpenAI's API does"),
        (response([1]), "did not answer as OpenAI's API does"),
    ],
)
async def test_vectors_that_are_none(imitate: Any, served: bytes, says: str) -> None:
    backend, _ = await imitate({EMBED: served})
    with pytest.raises(InferenceError, match=says):
        await backend.embed(EmbedRequest(("a",)))


async def test_an_answer_too_large(imitate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "LARGEST_ANSWER", 1000)
    backend, _ = await imitate({EMBED: response(b" " * 5000)})
    with pytest.raises(InferenceError, match="the answer of .* is over"):
        await backend.embed(EmbedRequest(("a",)))


def ranked(*scores: float) -> bytes:
    results = [{"index": n, "relevance_score": score} for n, score in enumerate(scores)]
    return response({"results": results[::-1], "usage": {"total_tokens": 9}})


@pytest.mark.parametrize("route", ["/v1/rerank", "/rerank"])
async def test_reranking(imitate: Any, route: str) -> None:
    backend, server = await imitate({route: ranked(0.25, 0.5)})
    for _ in range(2):
        scores = await backend.rerank(RERANK)
        assert (scores.values, scores.usage) == ((0.25, 0.5), Usage(9, 0))
    assert server.body == {"model": "m", "query": "q", "documents": ["a", "b"], "top_n": 2}
    assert server.paths[-1:] == [route]
    assert len(server.paths) == (2 if route == "/v1/rerank" else 3)
    await backend.rerank(RerankRequest("q", ("a", "b"), 7))
    assert server.body["max_tokens_per_doc"] == 7


async def test_a_server_that_scores(imitate: Any) -> None:
    data = [{"index": 0, "score": 0.1}, {"index": 1, "score": 0.9}]
    backend, server = await imitate({"/score": response({"data": data})})
    assert (await backend.rerank(RERANK)).values == (0.1, 0.9)
    assert server.body == {"model": "m", "text_1": "q", "text_2": ["a", "b"]}


async def test_logits_become_scores_and_stay_so(imitate: Any) -> None:
    backend, server = await imitate({"/v1/rerank": ranked(-2000, 0.0)})
    assert (await backend.rerank(RERANK)).values == (0, 0.5)
    server.answers["/v1/rerank"] = ranked(0.0, 1.0)
    assert (await backend.rerank(RERANK)).values == (0.5, pytest.approx(0.731, abs=0.001))


async def test_no_reranker(imitate: Any) -> None:
    backend, server = await imitate({})
    with pytest.raises(ModelNotFound, match="answered 404: Not Found"):
        await backend.rerank(RERANK)
    assert server.paths == ["/v1/rerank", "/rerank", "/score"]


async def test_load_asks_once_and_reads_what_is_told(imitate: Any) -> None:
    told = {"data": [{"id": "x"}, {"id": "m", "max_model_len": 900, "meta": {"n_params": 5}}]}
    backend, server = await imitate({MODELS: response(told)})
    assert backend.stats.state == "not loaded"
    info = await backend.load()
    assert (info.name, info.context, info.parameters) == ("m", 900, 5)
    assert await backend.load() is info
    assert (backend.stats.state, backend.stats.loads, server.paths) == ("ready", 1, [MODELS])
    await backend.unload()
    assert backend.stats.state == "not loaded"


async def test_a_server_without_the_route_answers_all_the_same(imitate: Any) -> None:
    backend, _ = await imitate({})
    assert (await backend.load()).context == 0


@pytest.mark.parametrize(
    ("served", "says"),
    [
        (response(b"", 401), "answered 401"),
        (response(b"", 500), "answered 500"),
        (response(b"<html>"), "did not answer as OpenAI's API does"),
        (b"\r\n\r\n", "broke off"),
    ],
)
async def test_load_fails(imitate: Any, served: bytes, says: str) -> None:
    backend, _ = await imitate({MODELS: served})
    with pytest.raises(ModelLoadError, match=says) as failed:
        await backend.load()
    assert failed.value.hint.endswith(".")
    assert backend.stats.state == "not loaded"


@pytest.mark.parametrize(
    ("url", "base", "root"),
    [
        ("http://h:1", "http://h:1/v1", "http://h:1"),
        ("http://h:1/", "http://h:1/v1", "http://h:1"),
        ("http://h/api/v1/", "http://h/api/v1", "http://h/api"),
        ("http://h/openai", "http://h/openai", "http://h/openai"),
    ],
)
def test_where_the_routes_are(url: str, base: str, root: str) -> None:
    one = Endpoint(url, "m")
    assert (one.base, one.root) == (base, root)


@pytest.mark.parametrize("key", [None, "", "a\r\nx: y", "schlüssel"])
def test_a_key_that_is_none(key: str | None) -> None:
    with pytest.raises(ModelLoadError, match="the variable A_KEY is") as missing:
        Endpoint("http://h/v1", "m", key, "A_KEY").check()
    assert missing.value.hint == "Set A_KEY in the environment or in .env."
