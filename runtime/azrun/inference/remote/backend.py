"""A Backend over an OpenAI-compatible endpoint."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager

from azrun.inference.errors import InferenceError, ModelLoadError, ModelNotFound, Unsupported
from azrun.inference.remote import measures
from azrun.inference.remote.answer import Answer
from azrun.inference.remote.bodies import chat_body, completion_body
from azrun.inference.remote.endpoint import Connection, Endpoint, parse
from azrun.inference.remote.events import events
from azrun.inference.remote.shapes import Listing, Ranking, Scoring, Vectors
from azrun.inference.types import (
    BackendStats,
    Chunk,
    Embeddings,
    EmbedRequest,
    GenerateRequest,
    ModelInfo,
    RerankRequest,
    Scores,
    Usage,
)
from azrun.inference.vectors import resized


class RemoteBackend:
    """Passes requests on to a server. `load` asks whether it answers; what it can do, it says
    itself when it is asked."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.info: ModelInfo | None = None
        self._connection = Connection(endpoint)
        self._running = self._loads = self._tokens = 0
        self._load_seconds = 0.0
        self._rank_route: str | None = None
        self._ranks_in_logits = False

    @property
    def stats(self) -> BackendStats:
        return BackendStats(
            state="not loaded" if self.info is None else "ready",
            running=self._running,
            loads=self._loads,
            load_seconds=self._load_seconds,
            decoded_tokens=self._tokens,
        )

    async def load(self) -> ModelInfo:
        """ModelLoadError where nothing answers, or our key is refused."""
        if self.info is None:
            self.endpoint.check()
            began = time.monotonic()
            self.info = self._told(await self._list())
            self._loads += 1
            self._load_seconds += time.monotonic() - began
        return self.info

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[Chunk, None]:
        chats, model = request.prompt is None, self.endpoint.model
        url = self.endpoint.base + ("/chat/completions" if chats else "/completions")
        body = chat_body(model, request) if chats else completion_body(model, request)
        answer = Answer(self.endpoint, url, request)
        with self._call():
            async with self._connection.stream(url, body) as response:
                yield Chunk(0, "", Usage(0, 0))
                async with aclosing(events(url, response.aiter_raw())) as found:
                    async for event in found:
                        for chunk in answer.read(event):
                            yield chunk
                for chunk in answer.ends():
                    yield chunk
            self._tokens += answer.usage.completion_tokens

    async def embed(self, request: EmbedRequest) -> Embeddings:
        url = f"{self.endpoint.base}/embeddings"
        with self._call():
            data = await self._connection.ask(
                url, measures.embed_body(self.endpoint.model, request)
            )
        answer = parse(url, data, Vectors.model_validate_json)
        made = measures.embeddings(url, request, answer)
        if request.dimensions is None:
            return made
        vectors = tuple(resized(vector, request.dimensions) for vector in made.vectors)
        return Embeddings(vectors, made.usage)

    async def rerank(self, request: RerankRequest) -> Scores:
        with self._call():
            scores = await self._rank(request)
        # One logit outside of 0 to 1 tells that all are: llama-server's are, for some models.
        self._ranks_in_logits |= any(not 0 <= value <= 1 for value in scores.values)
        if not self._ranks_in_logits:
            return scores
        return Scores(measures.squashed(scores.values), scores.usage)

    async def unload(self) -> None:
        """Closes the connections that are idle: there is no memory to give back."""
        if not self._running:
            self.info = None
            await self._connection.close()

    async def close(self) -> None:
        self.info = None
        await self._connection.close()

    async def _list(self) -> Listing:
        url = f"{self.endpoint.base}/models"
        try:
            return parse(url, await self._connection.ask(url), Listing.model_validate_json)
        except (ModelNotFound, Unsupported):
            return Listing()  # it answers, but has no such route
        except InferenceError as error:
            if isinstance(error, ModelLoadError):
                raise
            raise ModelLoadError(error.message, error.hint) from error

    def _told(self, listing: Listing) -> ModelInfo:
        name = self.endpoint.model
        found = next((one for one in listing.data if one.id == name), None)
        meta = (found.meta if found else None) or {}
        context = (found.max_model_len if found else None) or _count(meta, "n_ctx_train")
        return ModelInfo(
            name=name,
            architecture="",
            parameters=_count(meta, "n_params"),
            size=_count(meta, "size"),
            context=context,
            sees_images=True,
            chats=True,
            reranks=True,
        )

    async def _rank(self, request: RerankRequest) -> Scores:
        """Servers have the route in different places; the one that worked is kept."""
        endpoint = self.endpoint
        known = (f"{endpoint.base}/rerank", f"{endpoint.root}/rerank", f"{endpoint.root}/score")
        missing: InferenceError | None = None
        for url in (self._rank_route,) if self._rank_route else dict.fromkeys(known):
            try:
                scores = await self._rank_at(url, request)
            except (ModelNotFound, Unsupported) as error:
                missing = missing or error
            else:
                self._rank_route = url
                return scores
        raise missing or Unsupported(f"{endpoint.url} does not rerank")

    async def _rank_at(self, url: str, request: RerankRequest) -> Scores:
        model = self.endpoint.model
        if url.endswith("/score"):
            data = await self._connection.ask(url, measures.score_body(model, request))
            answer = parse(url, data, Scoring.model_validate_json)
            return measures.scoring(url, request, answer)
        data = await self._connection.ask(url, measures.rank_body(model, request))
        return measures.ranking(url, request, parse(url, data, Ranking.model_validate_json))

    @contextmanager
    def _call(self) -> Iterator[None]:
        """A request under way. After an end that nothing answers to, `load` asks again."""
        self._running += 1
        try:
            yield
        except ModelLoadError:
            self.info = None
            raise
        finally:
            self._running -= 1


def _count(meta: dict[str, object], name: str) -> int:
    value = meta.get(name)
    return value if isinstance(value, int) and value >= 0 else 0
