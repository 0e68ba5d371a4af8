"""The same GGUF in azrun and in a real llama-server, which PyPI's xllamacpp carries.

What is promised of temperature 0: a request that runs alone says what llama-server says. In a
batch llama.cpp adds the same numbers in another order, and where the two likeliest tokens are
all but even, either may come.
"""

from __future__ import annotations

import asyncio
import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest

from azrun.inference.local import LlamaBackend
from azrun.inference.types import (
    Chunk,
    EmbedRequest,
    GenerateRequest,
    RerankRequest,
    TokenLogprob,
    Usage,
)

from .random_models import ranks_as_qwen3, reads_text, writes_text

pytest.importorskip("xllamacpp")
pytestmark = pytest.mark.anyio

SERVER = """
import json, sys, xllamacpp
asked = json.loads(sys.argv[1])
parameters = xllamacpp.CommonParams()
parameters.model.path = asked.pop("model")
parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
parameters.port = parameters.verbosity = 0
parameters.cache_type_k = parameters.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
parameters.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
for name, value in asked.items():
    setattr(parameters, name, value)
server = xllamacpp.Server(parameters)
print(server.listening_address, flush=True)
sys.stdin.read()
"""
# As the server above: so no number is rounded on the way.
EXACT: dict[str, Any] = {"cache_type": "f32", "flash_attn": False}
POOLED = {"embedding": True, "n_batch": 2048, "n_ubatch": 2048}
PROMPTS = ("hello there", "abc" * 50, "x", "The longest of them all: " + "na " * 300)
Oracle = Callable[..., Callable[..., Any]]


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    """Starts a llama-server of a GGUF; what asks it."""
    processes, clients = [], []

    def start(path: Path, **settings: Any) -> Callable[..., Any]:
        asked = {"model": str(path), "n_ctx": 2048, "n_parallel": 1, **settings}
        command = [sys.executable, "-c", SERVER, json.dumps(asked)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        processes.append(process)
        assert process.stdout is not None
        url = process.stdout.readline().decode().strip()
        client = httpx2.Client(base_url=url, timeout=30, trust_env=False)
        clients.append(client)

        def post(path: str, **body: Any) -> Any:
            response = client.post(path, json=body)
            assert response.is_success, response.text
            return response.json()

        return post

    yield start
    for client in clients:
        client.close()
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module", params=["llama", "qwen2"])
def writer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return writes_text(tmp_path_factory.mktemp("model") / "writes.gguf", request.param)


@pytest.fixture(scope="module")
def theirs(oracle: Oracle, writer: Path) -> Callable[..., Any]:
    return oracle(writer)


async def write(model: LlamaBackend, prompt: str, **options: Any) -> list[Chunk]:
    request = GenerateRequest(prompt=prompt, temperature=0.0, **options)
    return [chunk async for chunk in model.generate(request)]


def text(chunks: list[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks)


def tokens(chunks: list[Chunk]) -> list[TokenLogprob]:
    return [one for chunk in chunks for one in chunk.logprobs]


async def test_greedy_text(writer, backend, theirs):
    model, said = backend(writer, slots=1, **EXACT), ""
    for prompt in PROMPTS:
        ours = await write(model, prompt, max_tokens=100)
        answer = theirs("/v1/completions", prompt=prompt, temperature=0, max_tokens=100)
        assert text(ours) == answer["choices"][0]["text"]
        said += text(ours)
        assert ours[-1].finish_reason == answer["choices"][0]["finish_reason"] == "length"
        assert ours[-1].usage.prompt_tokens == answer["usage"]["prompt_tokens"]
        assert ours[-1].usage.completion_tokens == answer["usage"]["completion_tokens"]
    assert len(set(said)) > 20  # it is not one letter again and again


async def test_a_prefix_that_was_read_before(writer, backend, theirs):
    """What is kept of an earlier prompt is as good as what is read anew."""
    model = backend(writer, slots=1, **EXACT)
    start = "In the beginning there was " * 8
    for end in ("light", "nothing", "light"):
        ours = await write(model, start + end, max_tokens=60)
        answer = theirs("/v1/completions", prompt=start + end, temperature=0, max_tokens=60)
        assert text(ours) == answer["choices"][0]["text"]
    assert ours[-1].usage.cached_tokens >= len(start)


async def test_stop_strings(writer, backend, theirs):
    model = backend(writer, slots=1, **EXACT)
    whole = text(await write(model, PROMPTS[0], max_tokens=60))
    for stop in (whole[20:23], whole[7], "never this"):
        ours = await write(model, PROMPTS[0], max_tokens=60, stop=(stop,))
        answer = theirs(
            "/v1/completions", prompt=PROMPTS[0], temperature=0, max_tokens=60, stop=[stop]
        )
        assert text(ours) == answer["choices"][0]["text"]
        assert ours[-1].finish_reason == answer["choices"][0]["finish_reason"]
        assert ours[-1].usage.completion_tokens == answer["usage"]["completion_tokens"]


async def test_logprobs(writer, backend, theirs):
    model = backend(writer, slots=1, **EXACT)
    ours = tokens(await write(model, PROMPTS[0], max_tokens=40, logprobs=5))
    answer = theirs("/v1/completions", prompt=PROMPTS[0], temperature=0, max_tokens=40, logprobs=5)
    content = answer["choices"][0]["logprobs"]["content"]
    assert len(ours) == len(content) == 40
    for one, other in zip(ours, content, strict=True):
        assert one.chosen.token == bytes(other["bytes"])
        assert one.chosen.logprob == pytest.approx(other["logprob"], abs=1e-4)
        for mine, their in zip(one.top, other["top_logprobs"], strict=True):
            assert mine.logprob == pytest.approx(their["logprob"], abs=1e-4)


async def test_penalties_and_biases(writer, backend, theirs):
    """llama-server counts the prompt's last tokens too, and so both begin with one that is not
    said again."""
    model = backend(writer, slots=1, **EXACT)
    bias = ((ord("e"), 4.0), (ord("="), -100.0))
    ours = await write(
        model, "\x01", max_tokens=60, frequency_penalty=0.7, presence_penalty=0.4, logit_bias=bias
    )
    answer = theirs(
        "/v1/completions", prompt="\x01", temperature=0, max_tokens=60, frequency_penalty=0.7,
        presence_penalty=0.4, logit_bias=bias, repeat_last_n=256,
    )  # fmt: skip
    assert text(ours) == answer["choices"][0]["text"]


@pytest.mark.parametrize("slots", [8, 32])
@pytest.mark.parametrize(
    ("settings", "even", "most"), [(EXACT, 1e-4, 1), ({}, 0.05, 8)], ids=["exact", "usual"]
)
async def test_how_far_a_batch_changes_greedy_text(writer, backend, slots, settings, even, most):
    """Equal to the serial run, but where the two likeliest tokens were all but even: by how much
    depends on how the cache's numbers are rounded."""
    prompts = [f"{number} times {number} is {'so ' * number}" for number in range(32)]
    alone, together = backend(writer, slots=1, **settings), backend(writer, slots=slots, **settings)
    serial = [tokens(await write(alone, one, max_tokens=60, logprobs=2)) for one in prompts]
    batched = await asyncio.gather(
        *(write(together, one, max_tokens=60, logprobs=2) for one in prompts)
    )
    differing = 0
    for one, chunks in zip(serial, batched, strict=True):
        for mine, other in zip(one, tokens(chunks), strict=True):
            assert mine.chosen.logprob == pytest.approx(other.chosen.logprob, abs=even)
            if mine.chosen.token != other.chosen.token:
                assert mine.top[0].logprob - mine.top[1].logprob < even
                differing += 1
                break
    assert differing <= most


def dot(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(one, other, strict=True))


async def test_embeddings(oracle, backend, tmp_path):
    path = reads_text(tmp_path / "reads.gguf")
    texts = ["hello world", "foo bar. baz", "a", "na " * 200, "the quick brown fox, again"]
    ours = await backend(path).embed(EmbedRequest(tuple(texts)))
    answer = oracle(path, **POOLED)("/v1/embeddings", input=texts)
    for one, other in zip(ours.vectors, answer["data"], strict=True):
        assert dot(one, other["embedding"]) > 0.9999
    assert ours.usage == Usage(answer["usage"]["prompt_tokens"], 0)
    assert dot(ours.vectors[0], ours.vectors[1]) < 0.999


QUERY = "what is a panda"
DOCUMENTS = ("hi", "it is a bear", "the giant panda is a bear", "na " * 100)


def scores_of(answer: Any) -> list[float]:
    results = sorted(answer["results"], key=lambda result: result["index"])
    return [result["relevance_score"] for result in results]


async def test_scores_of_a_cross_encoder(oracle, backend, tmp_path):
    """llama-server gives the model's bare number; of it ours are the sigmoid."""
    path = reads_text(tmp_path / "ranks.gguf", ranks=True, ends=True)
    ours = await backend(path).rerank(RerankRequest(QUERY, DOCUMENTS))
    answer = oracle(path, pooling_type=4, **POOLED)("/v1/rerank", query=QUERY, documents=DOCUMENTS)
    expected = [1 / (1 + math.exp(-score)) for score in scores_of(answer)]
    assert ours.values == pytest.approx(expected, abs=1e-3)
    assert len({round(value, 3) for value in ours.values}) > 1
    assert ours.usage.prompt_tokens == answer["usage"]["prompt_tokens"]


async def test_the_end_of_a_pair_of_word_pieces(oracle, backend, tmp_path):
    """Bert was trained on `[CLS] query [SEP] document [SEP]`: ours has the last one, which
    llama-server leaves out."""
    plain, ending = (
        reads_text(tmp_path / f"{ends}.gguf", ranks=True, ends=ends) for ends in (False, True)
    )
    ours = await backend(plain).rerank(RerankRequest(QUERY, DOCUMENTS))
    answer = oracle(plain, pooling_type=4, **POOLED)("/v1/rerank", query=QUERY, documents=DOCUMENTS)
    assert ours.usage.prompt_tokens == answer["usage"]["prompt_tokens"] + len(DOCUMENTS)
    assert ours == await backend(ending).rerank(RerankRequest(QUERY, DOCUMENTS))


async def test_scores_of_a_qwen3_reranker(oracle, backend, tmp_path):
    path = ranks_as_qwen3(tmp_path / "qwen3.gguf")
    ours = await backend(path).rerank(RerankRequest(QUERY, DOCUMENTS))
    answer = oracle(path, pooling_type=4, **POOLED)("/v1/rerank", query=QUERY, documents=DOCUMENTS)
    assert ours.values == pytest.approx(scores_of(answer), rel=0.02, abs=1e-5)
    assert ours.usage.prompt_tokens == answer["usage"]["prompt_tokens"]
