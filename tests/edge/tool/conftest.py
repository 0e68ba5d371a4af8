from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import openai
import pytest

from ...scripted import Scripted, ScriptedModels

Client = Callable[..., Awaitable[openai.AsyncOpenAI]]


@pytest.fixture
def backend() -> Scripted:
    return Scripted()


@pytest.fixture
def models(backend: Scripted) -> ScriptedModels:
    """Any kind of model, all answered by `backend`."""
    made = ScriptedModels(mine=backend)
    for id in ("nanonets/Nanonets-OCR-s", "Qwen/Qwen3-Embedding-4B", "BAAI/bge-reranker-v2-m3"):
        made.add(id, backend)
    return made


@pytest.fixture
async def served(serve_on_socket: Any, models: ScriptedModels) -> Any:
    return await serve_on_socket("state", registry=models)


@pytest.fixture
async def client(served: Any, stack: AsyncExitStack) -> AsyncIterator[openai.AsyncOpenAI]:
    url = f"http://127.0.0.1:{served.port}/-/v1"
    async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as made:
        yield made
