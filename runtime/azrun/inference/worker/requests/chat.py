"""From a chat request to what the scheduler takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import llama_cpp as lib
from PIL import Image

from azrun.inference import dialects
from azrun.inference.errors import InvalidRequest, Unsupported
from azrun.inference.page.strips import Fit
from azrun.inference.types import Doubt, GenerateRequest, ImagePart, Reason
from azrun.inference.worker.engine.answer import Work
from azrun.inference.worker.engine.prompt import Prompt
from azrun.inference.worker.model import Model
from azrun.inference.worker.requests import doubts
from azrun.inference.worker.requests.images import decode, pixels
from azrun.inference.worker.requests.strips import page_strips
from azrun.inference.worker.requests.template import ChatTemplate
from azrun.inference.worker.vision import Vision

if TYPE_CHECKING:
    from azrun.inference.worker.requests.constraint import Constraint
    from azrun.inference.worker.requests.vocabulary import Vocabulary

LONGEST_TEXT = 16 * 2**20  # characters: no context holds them
BESIDE_STRIPS = 1_000  # characters of text: who reads strips looks at them alone


@dataclass(frozen=True, slots=True)
class Prepared:
    """`thinking`: the answer begins inside a thought. `doubts`: a stand-in's, of itself."""

    work: Work
    thinking: bool
    doubts: tuple[Doubt, ...] = ()


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
        self._fit = Fit.from_metadata(model.metadata)
        self._vocabulary: Vocabulary | None = None

    def prepare(
        self, id: int, request: GenerateRequest, cancelled: Callable[[int], bool]
    ) -> Prepared:
        """Raises InvalidRequest, Unsupported."""
        text = self._text(request)
        prompts, said, found = self._prompts(request, text)
        thinking = isinstance(text, str) and dialects.opens_thought(self.dialect, text[-200:])
        try:
            self._check_length(request, [len(prompt) for prompt in prompts])
            constraints = self._constraints(request, thinking)
        except BaseException:
            for prompt in prompts:
                prompt.close()
            raise
        special = dialects.shows_special(self.dialect, bool(request.tools))
        if self._model.stand_in and request.logprobs is None:
            request = replace(request, logprobs=0)  # they tell how sure it is
        work = Work(id, request, prompts, cancelled, said, constraints, special)
        return Prepared(work, thinking, found)

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

    def _prompts(
        self, request: GenerateRequest, text: str | tuple[int, ...]
    ) -> tuple[list[Prompt], Sequence[str], tuple[Doubt, ...]]:
        """What the model reads, and what the answer says before, between and after."""
        if self._fit is None or self._vision is None or not request.images:
            prompt, found = self._prompt(request, text)
            return [prompt], ("", ""), found
        strips, said, found = page_strips(self._images(request), request, self._fit)
        marker = self._vision.marker
        beside = str(text).rpartition(marker)[2]
        if len(beside) > BESIDE_STRIPS:
            beside = beside[: BESIDE_STRIPS // 2] + beside[-BESIDE_STRIPS // 2 :]
        return Prompt.of_each_image(self._vision.handle, marker + beside, strips), said, found

    def _prompt(
        self, request: GenerateRequest, text: str | tuple[int, ...]
    ) -> tuple[Prompt, tuple[Doubt, ...]]:
        if isinstance(text, tuple):
            return self._of_tokens(request, self._known(text))
        if len(text) > LONGEST_TEXT:
            raise InvalidRequest(f"messages: a prompt of {len(text)} characters fits no context")
        if request.images and self._vision is not None:
            eyes, images = self._vision.handle, [*map(pixels, self._images(request))]
            prompt = self._model.tokenizer.safely(
                text, True, lambda: Prompt.of_images(eyes, text, images)
            )
            return prompt, ()
        tokens = self._model.tokenize(text, special=request.prompt is not None)
        return self._of_tokens(request, tokens)

    def _of_tokens(
        self, request: GenerateRequest, tokens: list[int]
    ) -> tuple[Prompt, tuple[Doubt, ...]]:
        """A stand-in reads of a prompt what its context holds."""
        if not self._model.stand_in:
            return Prompt.of_tokens(tokens), ()
        self._check_window(request, len(tokens))
        read = doubts.without_middle(tokens, self._window, request.max_tokens)
        if len(read) < len(tokens) and len(newest := doubts.newest(request.messages)) > 0:
            assert self.template is not None
            text = self.template.render(replace(request, messages=newest))
            read = self._model.tokenize(text)
            read = doubts.without_middle(read, self._window, request.max_tokens)
        found = doubts.of_prompt(self._model, tokens, read)
        if self._fit is not None:
            found = (Doubt(Reason.NO_IMAGE), *found)
        return Prompt.of_tokens(read), found

    def _known(self, tokens: tuple[int, ...]) -> list[int]:
        for index, token in enumerate(tokens):
            if not 0 <= token < self._model.n_vocab:
                raise InvalidRequest(
                    f"prompt[{index}]: {token} is no token: there are {self._model.n_vocab}"
                )
        return list(tokens)

    def _images(self, request: GenerateRequest) -> list[Image.Image]:
        names = [
            part.name
            for message in request.messages
            if isinstance(message.content, tuple)
            for part in message.content
            if isinstance(part, ImagePart)
        ]
        return [decode(encoded, name) for encoded, name in zip(request.images, names, strict=True)]

    def _constraints(self, request: GenerateRequest, thinking: bool) -> list[Constraint]:
        """One for each answer, or none. A stand-in needs one for every tool that it calls."""
        must = request.json_schema is not None or bool(request.forced_tools)
        if not must and not (request.tools and self._model.stand_in):
            return []
        from azrun.inference.worker.requests.constraint import Constraint
        from azrun.inference.worker.requests.vocabulary import Vocabulary

        if self._vocabulary is None:
            self._vocabulary = Vocabulary(self._model.vocab)
        try:
            first = Constraint(self._vocabulary, request, self.dialect, thinking)
        except InvalidRequest:
            if must:
                raise
            return []
        return [first, *(first.copy() for _ in range(request.n - 1))]

    def _check_length(self, request: GenerateRequest, prompts: list[int]) -> None:
        longest = max(prompts)
        field = _field(request)
        if longest == 0:
            raise InvalidRequest(f"{field}: there is nothing in it to go on from")
        if len(prompts) == 1:  # else a page in strips: another model reads it as one image
            self._check_window(request, longest)
        if longest >= self._window:
            raise InvalidRequest(
                f"{field}: the model was loaded with a context of {self._window} tokens;"
                f" the prompt has {longest}",
                "Shorten the messages, or raise the model's context in azrun.toml.",
            )

    def _check_window(self, request: GenerateRequest, prompt: int) -> None:
        window = request.window
        if window is not None and prompt + (request.max_tokens or 1) > window:
            asked = f" and max_tokens asks for {request.max_tokens}" if request.max_tokens else ""
            raise InvalidRequest(
                f"{_field(request)}: the model's context is {window} tokens;"
                f" the prompt has {prompt}{asked}",
                "Shorten the messages or lower max_tokens.",
            )


def _field(request: GenerateRequest) -> str:
    return "messages" if request.prompt is None else "prompt"


def _template(model: Model, vision: Vision | None, tool_use: str | None) -> ChatTemplate | None:
    source = model.chat_template
    if source is None:
        return None
    bos = model.special(lib.llama_vocab_bos(model.vocab))
    eos = model.special(lib.llama_vocab_eos(model.vocab))
    return ChatTemplate(source, bos, eos, vision.marker if vision else "", tool_use)
