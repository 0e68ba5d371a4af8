"""Against a real llama-server, which PyPI's xllamacpp carries."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import math
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from azrun.inference.errors import InvalidRequest, ModelLoadError
from azrun.inference.remote import Endpoint, RemoteBackend
from azrun.inference.types import Chunk, EmbedRequest, GenerateRequest, Message

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(
        importlib.util.find_spec("xllamacpp") is None, reason="xllamacpp is not installed"
    ),
]

SERVER = """
import json, sys, xllamacpp
asked = json.loads(sys.argv[1])
parameters = xllamacpp.CommonParams()
parameters.model.path = asked.pop("model")
parameters.port = parameters.verbosity = 0
for name, value in asked.items():
    setattr(parameters, name, value)
server = xllamacpp.Server(parameters)
print(server.listening_address, flush=True)
sys.stdin.read()
"""
HI = (Message("user", "hi"),)
MODEL = "m"


@pytest.fixture
async def peer() -> AsyncIterator[Callable[..., Any]]:
    """Starts a server for a GGUF, and a backend for it."""
    made: list[tuple[Any, RemoteBackend]] = []

    async def start(gguf: Path, key: str | None = None, **settings: Any) -> RemoteBackend:
        asked = {"model": str(gguf), "model_alias": [MODEL], "n_ctx": 512, **settings}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", SERVER, json.dumps(asked), stdin=PIPE, stdout=PIPE
        )
        assert process.stdout is not None
        url = (await process.stdout.readline()).decode().strip()
        backend = RemoteBackend(Endpoint(url, MODEL, key, "A_KEY" if key else None))
        made.append((process, backend))
        return backend

    yield start
    for process, backend in made:
        await backend.close()
        process.kill()
        await process.communicate()


async def answer(backend: RemoteBackend, request: GenerateRequest) -> list[Chunk]:
    async with aclosing(backend.generate(request)) as chunks:
        return [chunk async for chunk in chunks]


async def test_a_chat(peer: Any, says: Any) -> None:
    backend = await peer(says("fine tha"))
    info = await backend.load()
    assert (info.name, info.context) == (MODEL, 4096)
    request = GenerateRequest(HI, temperature=0.0, seed=1, logprobs=2, max_tokens=50)
    chunks = await answer(backend, request)
    assert "".join(chunk.text for chunk in chunks) == "fine tha"
    end = chunks[-1]
    assert (end.finish_reason, end.usage.completion_tokens > 7) == ("stop", True)
    assert end.usage.prompt_tokens > 5
    tokens = [one for chunk in chunks for one in chunk.logprobs]
    assert b"".join(one.chosen.token for one in tokens).startswith(b"fine tha")
    assert all(one.chosen.logprob <= 0 and len(one.top) == 2 for one in tokens)


async def test_a_limit_and_a_bare_prompt(peer: Any, says: Any) -> None:
    backend = await peer(says("abc", endless=True))
    chunks = await answer(backend, GenerateRequest(HI, temperature=0.0, max_tokens=5))
    assert "".join(chunk.text for chunk in chunks) == "abcab"
    assert (chunks[-1].finish_reason, chunks[-1].usage.completion_tokens) == ("length", 5)
    bare = GenerateRequest(prompt="b", temperature=0.0, max_tokens=3)
    assert "".join(chunk.text for chunk in await answer(backend, bare)) == "cab"


async def test_a_prompt_too_long(peer: Any, says: Any) -> None:
    backend = await peer(says("abc"))
    with pytest.raises(InvalidRequest, match="exceeds the available context"):
        await answer(backend, GenerateRequest((Message("user", "x" * 5000),)))
    chunks = await answer(backend, GenerateRequest(HI, temperature=0.0))
    assert "".join(chunk.text for chunk in chunks) == "abc"


async def test_who_leaves_frees_the_slot(peer: Any, says: Any) -> None:
    backend = await peer(says("abc", endless=True), n_parallel=1, n_ctx=4096)
    async with aclosing(backend.generate(GenerateRequest(HI, temperature=0.0))) as chunks:
        while not (await anext(chunks)).text:
            pass
    chunks = await answer(backend, GenerateRequest(HI, temperature=0.0, max_tokens=1))
    assert chunks[-1].finish_reason == "length"


async def test_embeddings(peer: Any, counts: Path) -> None:
    backend = await peer(counts, embedding=True, n_ubatch=512)
    made = await backend.embed(EmbedRequest(("aab", "b"), dimensions=98 + 1))
    assert [len(vector) for vector in made.vectors] == [99, 99]
    assert all(math.isclose(math.hypot(*vector), 1, abs_tol=1e-6) for vector in made.vectors)
    assert made.usage.prompt_tokens >= 4
    a, b = made.vectors
    assert 0 < sum(x * y for x, y in zip(a, b, strict=True)) < 1


async def test_the_wrong_key(peer: Any, says: Any) -> None:
    right = await peer(says("abc"), key="right", api_keys=["right"])
    url = right.endpoint.url
    chunks = await answer(right, GenerateRequest(HI, temperature=0.0))
    assert "".join(chunk.text for chunk in chunks) == "abc"
    wrong = RemoteBackend(Endpoint(url, MODEL, "wrong", "A_KEY"))
    with pytest.raises(ModelLoadError, match="answered 401"):
        await answer(wrong, GenerateRequest(HI))
    await wrong.close()


async def test_structured_output(peer: Any, says: Any) -> None:
    backend = await peer(says("xyz"))
    request = GenerateRequest(HI, json_schema='{"enum": ["ab"]}', temperature=0.0, max_tokens=20)
    assert "".join(chunk.text for chunk in await answer(backend, request)) == '"ab"'
