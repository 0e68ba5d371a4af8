"""Short ways to ask a model, and to see that one still answers."""

from __future__ import annotations

from azrun.inference.local import LlamaBackend
from azrun.inference.types import Chunk, GenerateRequest, Message


def ask(text: str = "hi", **options: object) -> GenerateRequest:
    options.setdefault("temperature", 0.0)
    return GenerateRequest((Message("user", text),), **options)  # type: ignore[arg-type]


def complete(prompt: str | tuple[int, ...], **options: object) -> GenerateRequest:
    return GenerateRequest(prompt=prompt, temperature=0.0, **options)  # type: ignore[arg-type]


async def chunks(backend: LlamaBackend, request: GenerateRequest) -> list[Chunk]:
    return [chunk async for chunk in backend.generate(request)]


async def text(backend: LlamaBackend, request: GenerateRequest) -> str:
    return "".join(chunk.text for chunk in await chunks(backend, request))
