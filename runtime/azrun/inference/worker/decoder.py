"""The model's one sequence: what it has read, one decode at a time."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import llama_cpp as lib
import numpy as np
from llama_cpp import mtmd_cpp as mtmd

from azrun.inference.worker.model import BATCH, Model
from azrun.inference.worker.prompt import Picture, Prompt

ABORTED = 2


class Cancelled(Exception):
    """Nobody waits for the answer any more."""


class Decoder:
    """Feeds tokens and images to the context.

    `position` is where the next token goes, `used` how many cells of the context are taken: an
    image may take more cells than positions. `steps` counts the calls of llama.cpp.
    """

    def __init__(self, model: Model, cancelled: Callable[[], bool]) -> None:
        self._model, self._cancelled = model, cancelled
        self.position = self.used = self.steps = 0
        self._batch = batch = lib.llama_batch_init(BATCH, 0, 1)
        # Views of the C arrays: filling them element by element costs twenty times as much.
        self._tokens = np.ctypeslib.as_array(batch.token, (BATCH,))
        self._positions = np.ctypeslib.as_array(batch.pos, (BATCH,))
        self._wanted = np.ctypeslib.as_array(batch.logits, (BATCH,))
        np.ctypeslib.as_array(batch.n_seq_id, (BATCH,))[:] = 1
        for row in range(BATCH):
            batch.seq_id[row][0] = 0

    def read(self, prompt: Prompt) -> None:
        """All of a prompt, from an empty context; the last token's logits are there after it."""
        self.forget()
        self._model.interruptible(True)
        try:
            for segment in prompt.segments:
                if isinstance(segment, Picture):
                    self._look(segment)
                else:
                    for start in range(0, len(segment.ids), BATCH):
                        self.feed(segment.ids[start : start + BATCH])
        finally:
            self._model.interruptible(False)

    def feed(self, tokens: list[int]) -> None:
        """At most BATCH tokens in one decode."""
        count = len(tokens)
        self._tokens[:count] = tokens
        self._positions[:count] = np.arange(self.position, self.position + count)
        self._wanted[:count] = 0
        self._wanted[count - 1] = 1
        self._batch.n_tokens = count
        self._check(lib.llama_decode(self._model.context, self._batch), "llama_decode")
        self.position += count
        self.used += count

    def _look(self, picture: Picture) -> None:
        vision = self._model.vision
        self._check(mtmd.mtmd_encode_chunk(vision, picture.chunk), "mtmd_encode_chunk")
        after = lib.llama_pos(0)
        code = mtmd.mtmd_helper_decode_image_chunk(
            vision, self._model.context, picture.chunk, mtmd.mtmd_get_output_embd(vision),
            self.position, 0, BATCH, ctypes.byref(after), _NO_CALLBACK, None,
        )  # fmt: skip
        self._check(code, "mtmd_helper_decode_image_chunk")
        self.position = after.value
        self.used += picture.n_tokens

    def _check(self, code: int, call: str) -> None:
        self.steps += 1
        if code == ABORTED or self._cancelled():
            raise Cancelled
        if code != 0:
            raise RuntimeError(f"{call} answered {code}")

    def rewind(self, position: int, used: int) -> bool:
        """Forget everything from `position` on; False where a model cannot (a recurrent one)."""
        if not lib.llama_memory_seq_rm(self._model.memory, 0, position, -1):
            return False
        self.position, self.used = position, used
        return True

    def forget(self) -> None:
        """Forget everything."""
        lib.llama_memory_clear(self._model.memory, False)
        self.position = self.used = 0

    def close(self) -> None:
        lib.llama_batch_free(self._batch)


_NO_CALLBACK: Any = mtmd.mtmd_helper_post_decode_callback()
