"""The worker's life: load, then answer all requests at once."""

from __future__ import annotations

import queue
import sys
import threading
import traceback
from collections.abc import Callable

import llama_cpp as lib

from azrun.inference.errors import InvalidRequest, ModelLoadError, Unsupported
from azrun.inference.protocol import (
    Done,
    Embed,
    Failed,
    Generate,
    Job,
    Load,
    Loaded,
    LoadFailed,
    Loading,
    Rerank,
    Started,
)
from azrun.inference.types import ModelInfo, ModelSettings
from azrun.inference.worker.engine import shape
from azrun.inference.worker.engine.answer import Work
from azrun.inference.worker.engine.context import Context
from azrun.inference.worker.engine.draft import Draft, check
from azrun.inference.worker.engine.pooled import Pooled, Reading
from azrun.inference.worker.engine.prefixes import Prefixes
from azrun.inference.worker.engine.scheduler import Scheduler
from azrun.inference.worker.logs import Logs
from azrun.inference.worker.model import RANK, Model
from azrun.inference.worker.pipe import Pipe
from azrun.inference.worker.requests.texts import Texts
from azrun.inference.worker.vision import Cancelled, Vision


class Desk:
    """Turns jobs into work, one after the other, in a thread of its own: rendering, tokenising
    and looking at images hold up no decode."""

    def __init__(self, name: str, pipe: Pipe, prepare: Callable[[Job], None]) -> None:
        self._pipe, self._prepare = pipe, prepare
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self.now: int | None = None
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def put(self, job: Job) -> None:
        self._jobs.put(job)

    def dropped(self) -> bool:
        """Whether nobody waits for the job at hand."""
        return self.now is not None and self._pipe.cancelled(self.now)

    def _run(self) -> None:
        while True:
            job = self._jobs.get()
            self.now = job.id
            end = self._end(job)
            if end is not None:
                self._pipe.finished(job.id)
                self._pipe.send(end)

    def _end(self, job: Job) -> Done | Failed | None:
        """None where the job goes on."""
        try:
            if self.dropped():
                return Done(job.id)
            self._prepare(job)
        except Cancelled:
            return Done(job.id)
        except InvalidRequest as error:
            return Failed(job.id, "invalid", error.message, error.hint)
        except Unsupported as error:
            return Failed(job.id, "unsupported", error.message, error.hint)
        except Exception as error:
            traceback.print_exc()
            return Failed(job.id, "internal", f"{type(error).__name__}: {error}")
        return None


class Writer:
    """A model that writes."""

    def __init__(self, pipe: Pipe, model: Model, settings: ModelSettings, logs: Logs) -> None:
        self._pipe = pipe
        self._ready: queue.SimpleQueue[Work] = queue.SimpleQueue()
        self._texts = Desk("texts", pipe, self._prepare)
        self._eyes = Desk("eyes", pipe, self._prepare)
        context = Context(model, shape.generating(model, settings))
        self._vision = self._open_eyes(model, settings, context.shape.threads)
        # Templates and images: a model that writes nothing need not wait for their modules.
        from azrun.inference.worker.requests.chat import Chat

        self.chat = Chat(model, self._vision, context.window)
        prefixes = Prefixes(settings.prefix_cache)
        self._scheduler = Scheduler(
            context,
            self._vision,
            prefixes,
            pipe.send,
            pipe.finished,
            _draft(settings, model, context, logs),
        )
        self.info = _info(
            model,
            context.window,
            sees_images=self._vision is not None and self._vision.sees,
            chats=self.chat.template is not None,
            dialect=self.chat.dialect,
            slots=context.shape.sequences,
        )

    def _open_eyes(self, model: Model, settings: ModelSettings, threads: int) -> Vision | None:
        if settings.mmproj is None:
            return None
        gpu = settings.n_gpu_layers != 0
        return Vision(settings.mmproj, model, threads, gpu, self._eyes.dropped)

    def take(self, job: Job) -> None:
        seen = isinstance(job, Generate) and job.request.images
        (self._eyes if seen else self._texts).put(job)

    def _prepare(self, job: Job) -> None:
        if not isinstance(job, Generate):
            raise Unsupported("the model writes text: it makes no embeddings, and ranks nothing")
        ready = self.chat.prepare(job.id, job.request, self._pipe.cancelled)
        work, length = ready.work, sum(map(len, ready.work.prompts))
        self._pipe.send(Started(job.id, length, ready.thinking, ready.doubts))
        try:
            for prompt in work.prompts:
                for picture in prompt.pictures:
                    assert self._vision is not None
                    self._vision.encode(picture)
        except BaseException:
            work.close()
            raise
        self._ready.put(work)

    def run(self) -> None:
        """Never returns."""
        while True:
            try:
                while True:
                    self._scheduler.put(self._ready.get(block=not self._scheduler.busy))
            except queue.Empty:
                pass
            self._scheduler.step()


class Reader:
    """A model that makes vectors or scores of texts."""

    def __init__(self, pipe: Pipe, model: Model, settings: ModelSettings, logs: Logs) -> None:
        self._pipe, self._ranks = pipe, model.pooling == RANK
        self._ready: queue.SimpleQueue[Reading] = queue.SimpleQueue()
        self._desk = Desk("texts", pipe, self._prepare)
        context = Context(model, shape.pooled(model, settings))
        width = int(
            lib.llama_model_n_cls_out(model.handle)
            if self._ranks
            else lib.llama_model_n_embd_out(model.handle)
        )
        window = min(context.window, model.longest_text)
        self._texts = Texts(model, window)
        self._pooled = Pooled(context, width, pipe.send, pipe.finished)
        self.info = _info(
            model,
            window,
            dimensions=0 if self._ranks else width,
            reranks=self._ranks,
            slots=context.shape.sequences,
        )

    def take(self, job: Job) -> None:
        self._desk.put(job)

    def _prepare(self, job: Job) -> None:
        if isinstance(job, Embed) and not self._ranks:
            texts, doubts = self._texts.embed(job.request)
        elif isinstance(job, Rerank) and self._ranks:
            texts, doubts = self._texts.rerank(job.request)
        else:
            does = "ranks documents" if self._ranks else "makes embeddings"
            raise Unsupported(f"the model {does}, and nothing else")
        self._pipe.send(Started(job.id, sum(map(len, texts)), doubts=doubts))
        dropped = self._pipe.watch(job.id)
        self._ready.put(Reading(job.id, texts, dropped, self._ranks))

    def run(self) -> None:
        """Never returns."""
        while True:
            try:
                while True:
                    self._pooled.put(self._ready.get(block=not self._pooled.busy))
            except queue.Empty:
                pass
            self._pooled.step()


def _draft(settings: ModelSettings, model: Model, context: Context, logs: Logs) -> Draft | None:
    if settings.draft is None:
        return None
    if model.remembers_states:
        raise ModelLoadError(f"{settings.gguf}: a model of this kind works with no draft")
    small = Model(settings.draft, logs, settings.n_gpu_layers, settings.main_gpu)
    check(small, model)
    return Draft(Context(small, shape.drafting(context.shape)))


def _info(model: Model, window: int, **more: object) -> ModelInfo:
    values = {"sees_images": False, "chats": False} | more
    return ModelInfo(
        name=model.metadata.get("general.name", ""),
        architecture=model.architecture,
        parameters=model.parameters,
        size=model.size,
        context=window,
        stand_in=model.stand_in,
        **values,  # type: ignore[arg-type]
    )


def _load(pipe: Pipe, settings: ModelSettings) -> Writer | Reader:
    lib.llama_backend_init()
    told = [0.0]

    def progress(fraction: float) -> None:
        if fraction - told[0] >= 0.01:
            told[0] = fraction
            pipe.send(Loading(fraction))

    logs = Logs()
    model = Model(settings.gguf, logs, settings.n_gpu_layers, settings.main_gpu, progress)
    return (Writer if model.pooling is None else Reader)(pipe, model, settings, logs)


def serve(pipe: Pipe) -> int:
    """Until the host closes the pipe; the process's exit code."""
    load = pipe.first()
    if not isinstance(load, Load):
        print("the first message must load a model", file=sys.stderr)
        return 2
    sys.setswitchinterval(0.0005)  # a thread that prepares must not hold up one that decodes
    try:
        service = _load(pipe, load.settings)
    except (ModelLoadError, Unsupported) as error:
        pipe.send(LoadFailed(error.message))
        return 1
    pipe.hand_on(service.take)
    pipe.send(Loaded(service.info))
    service.run()
    return 0
