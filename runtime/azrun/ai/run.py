"""One model call: from what a caller gives to the bodies it gets.

A body is a dict for JSON. A Stream is an async iterator of them, without an end mark; whoever
leaves it early closes it with `aclose()`, and the model stops. An error in the request is raised
before a stream begins; iterating may raise InferenceError too, where the model fails later.
"""

from __future__ import annotations

import time
from typing import Any

from azrun.ai.completions import TextResponse, generate_requests
from azrun.ai.embeddings import embed_request, embeddings_body
from azrun.ai.generation import Generation, Shape, Stream
from azrun.ai.images import GetImage, read_image
from azrun.ai.messages import generate_request, image_urls
from azrun.ai.prompts import generate_all
from azrun.ai.requests import (
    ChatRequest,
    CompletionRequest,
    EmbeddingRequest,
    RerankRequest,
    ScoreRequest,
)
from azrun.ai.rerank import rank, rerank_body
from azrun.ai.responses import ChatResponse
from azrun.ai.validation import parse, parse_completion
from azrun.inference.errors import InvalidRequest
from azrun.inference.registry import Model, Registry
from azrun.inference.types import ModelUse, Usage

__all__ = ["Body", "Stream", "complete", "run"]

Body = dict[str, Any]


async def run(
    registry: Registry, id: Any, given: Any, get_image: GetImage, uses: list[ModelUse]
) -> Body | Stream:
    """Chat, embeddings, reranking or scoring: by the model's kind, or by the keys of `given`
    where the model is not of the catalogue.

    The call is added to `uses` once a model has taken it up. Raises InferenceError.
    """
    model = _resolve(registry, id)
    request = parse(id, model.spec, given)
    if isinstance(request, ChatRequest):
        seen = next(image_urls(request), None) is not None
        model = model if seen else registry.for_text(model)
        return await _chat(model, request, given, get_image, uses)
    if isinstance(request, EmbeddingRequest):
        return await _embed(model, request, uses)
    return await _rank(model, request, uses)


async def complete(
    registry: Registry, id: Any, given: Any, get_image: GetImage, uses: list[ModelUse]
) -> Body | Stream:
    """OpenAI's legacy text completion, of which Azion has none: `given` is the body of a
    `POST /v1/completions` (`prompt` a text, an array of texts, token ids, or an array of those).

    The rest is as with `run`; a prompt has no images. The bodies are `text_completion` objects.
    """
    model = registry.for_text(_resolve(registry, id))
    request = parse_completion(id, model.spec, given)
    asked = generate_requests(request, model.spec)
    several = len(asked) > 1
    chunks = generate_all(model.backend, asked) if several else model.backend.generate(asked[0])
    return await _answer(Generation(model, chunks), TextResponse(id), request, uses)


def _resolve(registry: Registry, id: Any) -> Model:
    if not isinstance(id, str):
        raise InvalidRequest("the model must be a string: its id, the first argument")
    return registry.resolve(id)


async def _chat(
    model: Model, request: ChatRequest, given: Body, get_image: GetImage, uses: list[ModelUse]
) -> Body | Stream:
    images = tuple([await read_image(url, at, get_image) for at, url in image_urls(request)])
    tools = tuple(given.get("tools") or ())
    asked = generate_request(request, images, tools, model.spec)
    generation = Generation(model, model.backend.generate(asked))
    return await _answer(generation, ChatResponse(model.id), request, uses)


async def _answer(
    generation: Generation,
    shape: Shape,
    request: ChatRequest | CompletionRequest,
    uses: list[ModelUse],
) -> Body | Stream:
    uses.append(await generation.accepted())
    if request.stream:
        return Stream(generation, shape, request.stream_options.include_usage)
    return await generation.whole(shape)


async def _embed(model: Model, request: EmbeddingRequest, uses: list[ModelUse]) -> Body:
    began = time.perf_counter()
    made = await model.backend.embed(embed_request(request, model.spec))
    uses.append(_use(model, made.usage, began))
    model.advise(made.doubts)
    return embeddings_body(model.id, request.encoding_format == "base64", made)


async def _rank(model: Model, request: RerankRequest | ScoreRequest, uses: list[ModelUse]) -> Body:
    began = time.perf_counter()
    scores = await rank(model.backend, request, model.spec)
    uses.append(_use(model, scores.usage, began))
    model.advise(scores.doubts)
    return rerank_body(model.id, request, scores)


def _use(model: Model, usage: Usage, began: float) -> ModelUse:
    return ModelUse(
        model.id,
        model.answered,
        model.stand_in,
        prompt_tokens=usage.prompt_tokens,
        cached_tokens=usage.cached_tokens,
        seconds=time.perf_counter() - began,
    )
