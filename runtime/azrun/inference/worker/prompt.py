"""A conversation as llama.cpp reads it: runs of tokens, and images between them."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

from llama_cpp import mtmd_cpp as mtmd

from azrun.inference.errors import InvalidRequest
from azrun.inference.worker.images import Pixels
from azrun.inference.worker.model import Model


@dataclass(frozen=True, slots=True)
class Tokens:
    ids: list[int]


@dataclass(frozen=True, slots=True)
class Picture:
    """An image before its encoding, in mtmd's memory; it takes `n_tokens` of the context."""

    chunk: Any
    n_tokens: int


class Prompt:
    """`segments` in their order, `n_tokens` in all. Close it: it owns memory of llama.cpp's."""

    def __init__(self, model: Model, text: str, images: list[Pixels]) -> None:
        self._chunks: Any = None
        if not images:
            self.segments: list[Tokens | Picture] = [Tokens(model.tokenize(text))]
        else:
            self._chunks = mtmd.mtmd_input_chunks_init()
            self._split(model, text, images)
            self.segments = list(self._read())
        self.n_tokens = sum(
            segment.n_tokens if isinstance(segment, Picture) else len(segment.ids)
            for segment in self.segments
        )

    def _split(self, model: Model, text: str, images: list[Pixels]) -> None:
        data = text.encode()
        source = mtmd.mtmd_input_text()
        source.text, source.text_len = data, len(data)
        source.add_special, source.parse_special = False, True
        bitmaps = [_bitmap(image) for image in images]
        pointers = (mtmd.mtmd_bitmap_p_ctypes * len(bitmaps))(*bitmaps)
        try:
            code = mtmd.mtmd_tokenize(
                model.vision, self._chunks, ctypes.byref(source), pointers, len(bitmaps)
            )
        finally:
            for bitmap in bitmaps:
                mtmd.mtmd_bitmap_free(bitmap)
        if code != 0:
            self.close()
            raise InvalidRequest(_REFUSALS.get(code, f"the images are refused (code {code})"))

    def _read(self) -> Any:
        for index in range(mtmd.mtmd_input_chunks_size(self._chunks)):
            chunk = mtmd.mtmd_input_chunks_get(self._chunks, index)
            if mtmd.mtmd_input_chunk_get_type(chunk) == mtmd.MTMD_INPUT_CHUNK_TYPE_TEXT:
                count = ctypes.c_size_t()
                ids = mtmd.mtmd_input_chunk_get_tokens_text(chunk, ctypes.byref(count))
                yield Tokens(ids[: count.value] if ids else [])
            else:
                yield Picture(chunk, mtmd.mtmd_input_chunk_get_n_tokens(chunk))

    def close(self) -> None:
        if self._chunks:
            mtmd.mtmd_input_chunks_free(self._chunks)
            self._chunks = None


_REFUSALS = {
    1: "messages: the model's chat template does not show every image of the conversation",
    2: "messages: an image cannot be brought to the model's size",
}


def _bitmap(image: Pixels) -> Any:
    data = ctypes.cast(ctypes.c_char_p(image.data), ctypes.POINTER(ctypes.c_uint8))
    return mtmd.mtmd_bitmap_init(image.width, image.height, data)
