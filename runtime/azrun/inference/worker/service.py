"""The worker's life: load, then answer one request after the other."""

from __future__ import annotations

import sys
import traceback

import llama_cpp as lib

from azrun.inference.errors import InvalidRequest, ModelLoadError, Unsupported
from azrun.inference.fit import LineFit, fit_line
from azrun.inference.protocol import Done, Failed, Generate, Load, Loaded, LoadFailed, Started
from azrun.inference.types import GenerateRequest, ImagePart, ModelSettings
from azrun.inference.worker.decoder import Cancelled, Decoder
from azrun.inference.worker.generation import Generation
from azrun.inference.worker.images import Pixels, decode, pixels
from azrun.inference.worker.logs import Logs
from azrun.inference.worker.model import Model
from azrun.inference.worker.pipe import Pipe
from azrun.inference.worker.prompt import Prompt
from azrun.inference.worker.template import ChatTemplate


class Service:
    """One loaded model and the pipe through which it is asked."""

    def __init__(self, pipe: Pipe, settings: ModelSettings) -> None:
        self._pipe = pipe
        self._now: int | None = None
        self.model = Model(settings, Logs(), self._cancelled)
        self._decoder = Decoder(self.model, self._cancelled)
        self._template = _template(self.model)
        self._fit = LineFit.from_metadata(self.model.metadata)

    def _cancelled(self) -> bool:
        return self._now is not None and self._pipe.cancelled(self._now)

    def answer(self, job: Generate) -> None:
        self._now = job.id
        self._decoder.steps = 0
        end = self._end(job)
        self._now = None
        self._pipe.finished(job.id)
        self._pipe.send(end)

    def _end(self, job: Generate) -> Done | Failed:
        try:
            self._generate(job)
        except Cancelled:
            pass
        except InvalidRequest as error:
            return Failed(job.id, "invalid", error.message, error.hint)
        except Unsupported as error:
            return Failed(job.id, "unsupported", error.message, error.hint)
        except Exception as error:
            traceback.print_exc()
            return Failed(job.id, "internal", f"{type(error).__name__}: {error}")
        return Done(job.id, self._decoder.steps)

    def _generate(self, job: Generate) -> None:
        if self._cancelled():
            return
        prompt = self._prompt(job.request)
        try:
            self._check_length(job.request, prompt.n_tokens)
            self._pipe.send(Started(job.id, prompt.n_tokens))
            generation = Generation(job.id, self.model, self._decoder, job.request, prompt)
            for piece in generation.run():
                self._pipe.send(piece)
        finally:
            prompt.close()

    def _prompt(self, request: GenerateRequest) -> Prompt:
        if self._template is None:
            raise Unsupported("the model's GGUF has no chat template: it cannot chat")
        if request.images and not self.model.info.sees_images:
            raise Unsupported(
                "the model cannot see images: it was loaded without an mmproj file",
                "Name the model's mmproj GGUF beside its gguf in azrun.toml.",
            )
        return Prompt(self.model, self._template.render(request), self._images(request))

    def _images(self, request: GenerateRequest) -> list[Pixels]:
        names = [
            part.name
            for message in request.messages
            if isinstance(message.content, tuple)
            for part in message.content
            if isinstance(part, ImagePart)
        ]
        return [
            self._fitted(encoded, name) for encoded, name in zip(request.images, names, strict=True)
        ]

    def _fitted(self, encoded: bytes, name: str) -> Pixels:
        image = decode(encoded, name)
        return pixels(image if self._fit is None else fit_line(image, self._fit))

    def _check_length(self, request: GenerateRequest, prompt: int) -> None:
        window = request.window
        if window is not None and prompt + (request.max_tokens or 1) > window:
            asked = f" and max_tokens asks for {request.max_tokens}" if request.max_tokens else ""
            raise InvalidRequest(
                f"messages: the model's context is {window} tokens; the prompt has {prompt}{asked}",
                "Shorten the messages or lower max_tokens.",
            )
        if prompt >= self.model.n_ctx:
            raise InvalidRequest(
                f"messages: the model was loaded with a context of {self.model.n_ctx} tokens;"
                f" the prompt has {prompt}",
                "Shorten the messages, or raise the model's context in azrun.toml.",
            )


def _template(model: Model) -> ChatTemplate | None:
    source = model.chat_template
    if source is None:
        return None
    bos = model.special(lib.llama_vocab_bos(model.vocab))
    return ChatTemplate(source, bos, model.special(lib.llama_vocab_eos(model.vocab)), model.marker)


def serve(pipe: Pipe) -> int:
    """Until the host closes the pipe; the process's exit code."""
    load = pipe.work.get()
    if not isinstance(load, Load):
        print("the first message must load a model", file=sys.stderr)
        return 2
    try:
        service = Service(pipe, load.settings)
    except (ModelLoadError, Unsupported) as error:
        pipe.send(LoadFailed(error.message))
        return 1
    pipe.send(Loaded(service.model.info))
    while True:
        job = pipe.work.get()
        if isinstance(job, Generate):
            service.answer(job)
