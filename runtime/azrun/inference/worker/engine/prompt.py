"""A conversation as llama.cpp reads it: runs of tokens, and images between them."""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from llama_cpp import mtmd_cpp as mtmd
from numpy.typing import NDArray

from azrun.inference.errors import InvalidRequest
from azrun.inference.worker.requests.images import Pixels

Ids = NDArray[np.int32]


@dataclass(slots=True)
class Picture:
    """An image in mtmd's memory: at `start` of the prompt's ids, up to `end`; `key` is its
    content's hash (an image may be cut into several), `embeddings` what the encoder made of it."""

    start: int
    end: int
    key: bytes
    chunk: Any
    embeddings: NDArray[np.float32] | None = None


class Prompt:
    """`ids` are tokens, and for an image as many negative numbers as it takes cells of the
    context, made from its content: so a prefix of ids is a prefix of the conversation.

    `positions` says where each id stands for the model, `after` where the next token will: an
    image may take more cells than positions. Close it: it owns memory of llama.cpp's.
    """

    def __init__(self, ids: Ids, positions: Ids, after: int) -> None:
        self.ids, self.positions, self.after = ids, positions, after
        self.pictures: list[Picture] = []
        self._chunks: Any = None

    @classmethod
    def of_tokens(cls, tokens: list[int]) -> Prompt:
        count = len(tokens)
        return cls(np.array(tokens, np.int32), np.arange(count, dtype=np.int32), count)

    @classmethod
    def of_images(cls, vision: Any, text: str, images: list[Pixels]) -> Prompt:
        """Text with a marker for each image, by mtmd's context. InvalidRequest where they do not
        fit each other, or the model."""
        chunks = _split(vision, text, images)
        ids, positions = [], []
        pictures: list[Picture] = []
        start = position = 0
        for chunk, tokens in _read(chunks):
            if tokens is None:
                count = mtmd.mtmd_input_chunk_get_n_tokens(chunk)
                key = mtmd.mtmd_input_chunk_get_id(chunk) + b"/%d" % len(pictures)
                pictures.append(Picture(start, start + count, key, chunk))
                ids.append(_marks(key, count))
                positions.append(np.full(count, position, np.int32))
                position += mtmd.mtmd_input_chunk_get_n_pos(chunk)
            else:
                count = len(tokens)
                ids.append(np.array(tokens, np.int32))
                positions.append(np.arange(position, position + count, dtype=np.int32))
                position += count
            start += count
        prompt = cls(np.concatenate(ids), np.concatenate(positions), position)
        prompt.pictures, prompt._chunks = pictures, chunks
        return prompt

    @classmethod
    def of_each_image(cls, vision: Any, text: str, images: list[Pixels]) -> list[Prompt]:
        """The same text, with one marker, for each of the images alone."""
        prompts: list[Prompt] = []
        try:
            for image in images:
                prompts.append(cls.of_images(vision, text, [image]))
        except BaseException:
            for prompt in prompts:
                prompt.close()
            raise
        return prompts

    def __len__(self) -> int:
        return len(self.ids)

    def picture_at(self, index: int) -> Picture | None:
        """The image that begins with this id."""
        return next((p for p in self.pictures if p.start == index), None)

    def text_until(self, index: int) -> int:
        """Where the text that `index` belongs to ends, before an image or at the end."""
        return min((p.start for p in self.pictures if p.start > index), default=2**31)

    def close(self) -> None:
        self.pictures = []
        if self._chunks is not None:
            mtmd.mtmd_input_chunks_free(self._chunks)
            self._chunks = None


def _marks(key: bytes, count: int) -> Ids:
    """Negative numbers made from an image's content."""
    marks = np.frombuffer(hashlib.shake_128(key).digest(4 * count), np.int32)
    return marks | np.int32(-(2**31))


def _split(vision: Any, text: str, images: list[Pixels]) -> Any:
    data = text.encode()
    source = mtmd.mtmd_input_text()
    source.text, source.text_len = data, len(data)
    source.add_special, source.parse_special = False, True
    chunks = mtmd.mtmd_input_chunks_init()
    bitmaps = [_bitmap(image) for image in images]
    pointers = (mtmd.mtmd_bitmap_p_ctypes * len(bitmaps))(*bitmaps)
    try:
        code = mtmd.mtmd_tokenize(vision, chunks, ctypes.byref(source), pointers, len(bitmaps))
    finally:
        for bitmap in bitmaps:
            mtmd.mtmd_bitmap_free(bitmap)
    if code != 0:
        mtmd.mtmd_input_chunks_free(chunks)
        raise InvalidRequest(_REFUSALS.get(code, f"the images are refused (code {code})"))
    return chunks


def _read(chunks: Any) -> Iterator[tuple[Any, list[int] | None]]:
    """Each chunk, with its tokens; None for an image."""
    for index in range(mtmd.mtmd_input_chunks_size(chunks)):
        chunk = mtmd.mtmd_input_chunks_get(chunks, index)
        if mtmd.mtmd_input_chunk_get_type(chunk) == mtmd.MTMD_INPUT_CHUNK_TYPE_TEXT:
            count = ctypes.c_size_t()
            ids = mtmd.mtmd_input_chunk_get_tokens_text(chunk, ctypes.byref(count))
            yield chunk, ids[: count.value] if ids else []
        else:
            yield chunk, None


_REFUSALS = {
    1: "messages: the model's chat template does not show every image of the conversation",
    2: "messages: an image cannot be brought to the model's size",
}


def _bitmap(image: Pixels) -> Any:
    data = ctypes.cast(ctypes.c_char_p(image.data), ctypes.POINTER(ctypes.c_uint8))
    bitmap = mtmd.mtmd_bitmap_init(image.width, image.height, data)
    mtmd.mtmd_bitmap_set_id(bitmap, hashlib.blake2b(image.data).hexdigest().encode())
    return bitmap
