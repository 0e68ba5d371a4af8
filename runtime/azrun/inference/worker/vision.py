"""A model's eyes: images to embeddings, embeddings into a context."""

from __future__ import annotations

import ctypes
import secrets
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llama_cpp as lib
import numpy as np
from llama_cpp import mtmd_cpp as mtmd

from azrun.inference.worker.engine.context import Context, Floats
from azrun.inference.worker.engine.prompt import Picture, Prompt
from azrun.inference.worker.model import Model
from azrun.inference.worker.requests.images import Pixels

NODES_BETWEEN_LOOKS = 32  # of the encoder's graph, between two looks at `aborted`
SAMPLE = Pixels(56, 56, bytes(3 * 56 * 56))
REMEMBERED = 64 * 2**20  # bytes of embeddings of images that were seen before


class Cancelled(Exception):
    """Nobody waits for the image any more."""


class Vision:
    """An mmproj beside its model. `encode` and `decode` may run in different threads."""

    def __init__(
        self,
        mmproj: Path,
        model: Model,
        threads: int,
        use_gpu: bool = False,
        aborted: Callable[[], bool] = lambda: False,
    ) -> None:
        """`aborted` is asked while an image is encoded; True ends that."""
        self.marker = f"<__image_{secrets.token_hex(8)}__>"
        self._nodes = 0
        self._trying = False
        self._aborted = aborted
        self._look = lib.ggml_backend_sched_eval_callback(self._looks)
        self._width = int(lib.llama_model_n_embd_inp(model.handle))
        self._seen: OrderedDict[bytes, Floats] = OrderedDict()
        self._spent = 0
        parameters = mtmd.mtmd_context_params_default()
        parameters.use_gpu, parameters.n_threads = use_gpu, threads
        parameters.print_timings = parameters.warmup = False
        parameters.media_marker = self.marker.encode()
        parameters.cb_eval = self._look
        self.handle = mtmd.mtmd_init_from_file(bytes(mmproj), model.handle, parameters)
        if not self.handle:
            model.fail(mmproj)
        if self.sees:
            self._try()

    @property
    def sees(self) -> bool:
        return bool(mtmd.mtmd_support_vision(self.handle))

    def _try(self) -> None:
        """llama.cpp ends the process where a projector's tensors do not fit each other: better now
        than at the first image. All are fitted together before the first is computed, so the
        encoding is broken off at its first look, and costs next to nothing."""
        prompt = Prompt.of_images(self.handle, self.marker, [SAMPLE])
        self._trying = True
        try:
            mtmd.mtmd_encode_chunk(self.handle, prompt.pictures[0].chunk)
        finally:
            self._trying = False
            prompt.close()

    def encode(self, picture: Picture) -> None:
        """Sets the picture's embeddings. Raises Cancelled."""
        found = self._seen.get(picture.key)
        if found is None:
            found = self._encode(picture)
            self._seen[picture.key] = found
            self._spent += found.nbytes
            while self._spent > REMEMBERED:
                self._spent -= self._seen.popitem(last=False)[1].nbytes
        else:
            self._seen.move_to_end(picture.key)
        picture.embeddings = found

    def _encode(self, picture: Picture) -> Floats:
        code = mtmd.mtmd_encode_chunk(self.handle, picture.chunk)
        if self._aborted():
            raise Cancelled
        if code != 0:
            raise RuntimeError(f"mtmd_encode_chunk answered {code}")
        output = mtmd.mtmd_get_output_embd(self.handle)
        count = picture.end - picture.start
        return np.ctypeslib.as_array(output, (count * self._width,)).copy()

    def _looks(self, _tensor: Any, asks: bool, _data: Any) -> bool:
        """The encoder has no abort callback; its graph can be ended where it is looked at."""
        if not asks:
            return not (self._trying or self._aborted())
        self._nodes += 1
        return self._nodes % NODES_BETWEEN_LOOKS == 0

    def decode(self, context: Context, picture: Picture, position: int, sequence: int) -> int:
        """Adds an encoded picture to a sequence; llama_decode's code. What is not 0 may have
        left a part of it there."""
        if picture.embeddings is None:
            raise RuntimeError("the image was not encoded")
        data = picture.embeddings.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        after = lib.llama_pos(0)
        code = mtmd.mtmd_helper_decode_image_chunk(
            self.handle, context.handle, picture.chunk, data, position, sequence,
            context.shape.batch, ctypes.byref(after), _NO_CALLBACK, None,
        )  # fmt: skip
        return int(code)

    def close(self) -> None:
        mtmd.mtmd_free(self.handle)


_NO_CALLBACK: Any = mtmd.mtmd_helper_post_decode_callback()
