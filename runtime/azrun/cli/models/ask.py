"""One model call, its answer printed as it comes."""

from __future__ import annotations

import asyncio
import base64
import mimetypes
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import click

from azrun.ai.run import Body, Stream, run
from azrun.errors import AzrunError
from azrun.inference.errors import InvalidRequest
from azrun.inference.registry import Model, Registry
from azrun.inference.types import Kind, ModelUse
from azrun.observe.terminal import Terminal, harmless
from azrun.observe.units import duration, rate

FIRST = 8  # numbers of an embedding


async def ask(registry: Registry, id: str, text: str, images: Sequence[Path]) -> None:
    """Loads the model, asks it, prints what it answers, and says on stderr what it took."""
    try:
        model = registry.resolve(id)
        async with _progress(registry):
            kind = await _kind(model)
        uses: list[ModelUse] = []
        answer = await run(registry, id, _request(kind, text, images), _no_fetch, uses)
        await _print(answer)
        for use in uses:
            _say(use)
    finally:
        await registry.close()


async def _kind(model: Model) -> Kind:
    """The catalogue's word, or what the loaded model says of itself."""
    info = await model.backend.load()
    if model.spec is not None:
        return model.spec.kind
    if info.reranks:
        return Kind.RERANK
    return Kind.EMBEDDING if info.dimensions and not info.chats else Kind.CHAT


def _request(kind: Kind, text: str, images: Sequence[Path]) -> Body:
    if kind is Kind.EMBEDDING:
        return {"input": text}
    if kind is Kind.RERANK:
        documents = [line.strip() for line in sys.stdin if line.strip()]
        if not documents:
            raise AzrunError(
                "a reranker needs documents", "Pipe them in, one a line; PROMPT is the query."
            )
        return {"query": text, "documents": documents}
    content: Any = text
    if images:
        content = [*map(_image, images), {"type": "text", "text": text}]
    return {"messages": [{"role": "user", "content": content}], "stream": True}


def _image(path: Path) -> dict[str, Any]:
    try:
        data = base64.b64encode(path.read_bytes()).decode()
    except OSError as error:
        raise AzrunError(f"{path} cannot be read: {error.strerror}", "Name an image.") from None
    kind = mimetypes.guess_type(path.name)[0] or "image/png"
    return {"type": "image_url", "image_url": {"url": f"data:{kind};base64,{data}"}}


async def _no_fetch(url: str) -> bytes:
    raise InvalidRequest(f"{url} is not fetched here")


async def _print(answer: Body | Stream) -> None:
    if isinstance(answer, Stream):
        await _print_chat(answer)
    elif "results" in answer:
        for result in answer["results"]:
            click.echo(f"{result['relevance_score']:.4f}  {harmless(result['document']['text'])}")
    else:
        vector = answer["data"][0]["embedding"]
        first = ", ".join(f"{number:.4f}" for number in vector[:FIRST])
        click.echo(f"{len(vector)} dimensions: {first}{', …' if len(vector) > FIRST else ''}")


async def _print_chat(stream: Stream) -> None:
    """Thoughts are dim, and on stderr: what is piped on is the answer alone."""
    thoughts, last = Terminal(sys.stderr), "\n"
    async with aclosing(stream):
        async for body in stream:
            for choice in body["choices"]:
                delta = choice["delta"]
                if thought := delta.get("reasoning_content"):
                    click.echo(thoughts.paint(harmless(thought), dim=True), nl=False, err=True)
                if text := delta.get("content"):
                    click.echo(harmless(text), nl=False)
                    last = text
    if not last.endswith("\n"):
        click.echo()


def _say(use: ModelUse) -> None:
    terminal = Terminal(sys.stderr)
    text = f"{use.label}, {use.prompt_tokens} tokens in"
    if use.completion_tokens:
        text += f", {use.completion_tokens} out, {duration(use.seconds)}, {rate(use):.0f} tokens/s"
    else:
        text += f", {duration(use.seconds)}"
    click.echo(terminal.paint(text, dim=True), err=True)


@asynccontextmanager
async def _progress(registry: Registry) -> AsyncIterator[None]:
    """On a terminal, how far a load is."""
    if not sys.stderr.isatty():
        yield
        return
    task = asyncio.create_task(_watch(registry), name="load progress")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        click.echo("\r\x1b[2K", nl=False, err=True)


async def _watch(registry: Registry) -> None:
    while True:
        for load in registry.loading:
            how_far = "" if load.fraction is None else f" {load.fraction:.0%}"
            text = f"loading {load.name}{how_far}, {duration(load.seconds)}"
            click.echo(f"\r\x1b[2K{text}", nl=False, err=True)
        await asyncio.sleep(0.1)
