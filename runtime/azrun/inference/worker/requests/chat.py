"""From a chat request to what the scheduler takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import llama_cpp as lib

from azrun.inference import dialects
from azrun.inference.errors import InvalidRequest, Unsupported
from azrun.inference.fit import LineFit, fit_line
from azrun.inference.types import GenerateRequest, ImagePart
from azrun.inference.worker.engine.answer import Work
from azrun.inference.worker.engine.prompt import Prompt
from azrun.inference.worker.model import Model
from azrun.inference.worker.requests.images import Pixels, decode, pixels
from azrun.inference.worker.requests.template import ChatTemplate
from azrun.inference.worker.vision import Vision

if TYPE_CHECKING:
    from azrun.inference.worker.requests.constraint import Constraint
    from azrun.inference.worker.requests.vocabulary import Vocabulary

LONGEST_TEXT = 16 * 2**20  # characters: no context holds them


class Chat:
    """A model's template, eyes and vocabulary, as requests need them. `window`: its context."""

    def __init__(self, model: Model, vision: Vision | None, window: int) -> None:
        self._model, self._vision, self._window = model, vision, window
        tool_use = model.template(b"tool_use")
        self.dialect = dialects.detect((model.chat_template or "") + (tool_use or ""))
        self.template: ChatTemplate | None = None
        self._refusal = Unsupported("the model's GGUF has no chat template: it cannot chat")
        try:
            self.template = _template(model, vision, tool_use)
        except Unsupported as error:  # it may still go on from a bare prompt
            self._refusal = error
        self._fit = LineFit.from_metadata(model.metadata)
        self._vocabulary: Vocabulary | None = None

    def prepare(
        self, id: int, request: GenerateRequest, cancelled: Callable[[int], bool]
    ) -> tuple[Work, bool]:
        """The work, and whether the answer begins inside a thought. Raises InvalidRequest,
        Unsupported."""
        text = self._text(request)
        prompt = self._prompt(request, text)
        thinking = isinstance(text, str) and dialects.opens_thought(self.dialect, text[-200:])
        try:
            self._check_length(request, len(prompt))
            constraints = self._constraints(request, thinking)
        except BaseException:
            prompt.close()
            raise
        special = dialects.shows_special(self.dialect, bool(request.tools))
        return Work(id, request, prompt, cancelled, constraints, special), thinking

    def _text(self, request: GenerateRequest) -> str | tuple[int, ...]:
        if request.prompt is not None:
            return request.prompt
        if self.template is None:
            raise self._refusal
        if request.images and self._vision is None:
            raise Unsupported(
                "the model cannot see images: it was loaded without an mmproj file",
                "Name the model's mmproj GGUF beside its gguf in azrun.toml.",
            )
        return self.template.render(request)

    def _prompt(self, request: GenerateRequest, text: str | tuple[int, ...]) -> Prompt:
        if isinstance(text, tuple):
            return Prompt.of_tokens(self._known(text))
        if len(text) > LONGEST_TEXT:
            raise InvalidRequest(f"messages: a prompt of {len(text)} characters fits no context")
        if request.images and self._vision is not None:
            eyes, images = self._vision.handle, self._images(request)
            return self._model.tokenizer.safely(
                text, True, lambda: Prompt.of_images(eyes, text, images)
            )
        return Prompt.of_tokens(self._model.tokenize(text, special=request.prompt is not None))

    def _known(self, tokens: tuple[int, ...]) -> list[int]:
        for index, token in enumerate(tokens):
            if not 0 <= token < self._model.n_vocab:
                raise InvalidRequest(
                    f"prompt[{index}]: {token} is no token: there are {self._model.n_vocab}"
                )
        return list(tokens)

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

    def _constraints(self, request: GenerateRequest, thinking: bool) -> list[Constraint]:
        """One for each answer, or none."""
        if request.json_schema is None and not request.forced_tools:
            return []
        from azrun.inference.worker.requests.constraint import Constraint
        from azrun.inference.worker.requests.vocabulary import Vocabulary

        if self._vocabulary is None:
            self._vocabulary = Vocabulary(self._model.vocab)
        first = Constraint(self._vocabulary, request, self.dialect, thinking)
        return [first, *(first.copy() for _ in range(request.n - 1))]

    def _check_length(self, request: GenerateRequest, prompt: int) -> None:
        field = "messages" if request.prompt is None else "prompt"
        if prompt == 0:
            raise InvalidRequest(f"{field}: there is nothing in it to go on from")
        window = request.window
        if window is not None and prompt + (request.max_tokens or 1) > window:
            asked = f" and max_tokens asks for {request.max_tokens}" if request.max_tokens else ""
            raise InvalidRequest(
                f"{field}: the model's context is {window} tokens; the prompt has {prompt}{asked}",
                "Shorten the messages or lower max_tokens.",
            )
        if prompt >= self._window:
            raise InvalidRequest(
                f"{field}: the model was loaded with a context of {self._window} tokens;"
                f" the prompt has {prompt}",
                "Shorten the messages, or raise the model's context in azrun.toml.",
            )


def _template(model: Model, vision: Vision | None, tool_use: str | None) -> ChatTemplate | None:
    source = model.chat_template
    if source is None:
        return None
    bos = model.special(lib.llama_vocab_bos(model.vocab))
    eos = model.special(lib.llama_vocab_eos(model.vocab))
    return ChatTemplate(source, bos, eos, vision.marker if vision else "", tool_use)
