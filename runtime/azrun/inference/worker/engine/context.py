"""A model's context in llama.cpp: its KV cache, and the batches that are decoded into it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import llama_cpp as lib
import numpy as np
from numpy.typing import NDArray

from azrun.inference.worker.model import Model

DECODED, NO_ROOM, ABORTED = 0, 1, 2
QUICK = 64  # tokens: a decode of no more is not worth being asked about between its nodes
CACHE_TYPES = {
    "f32": 0, "f16": 1, "q4_0": 2, "q4_1": 3, "q5_0": 6, "q5_1": 7, "q8_0": 8, "iq4_nl": 20,
    "bf16": 30,
}  # fmt: skip
FLASH = {None: -1, False: 0, True: 1}
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a context is. `cells` of the KV cache in all, `batch` tokens in one decode,
    `outputs` the most rows of logits in one; `unified`: all sequences share the cells."""

    cells: int
    sequences: int
    batch: int
    outputs: int
    threads: int
    unified: bool = True
    pooled: bool = False
    flash_attn: bool | None = None
    cache_type: str = "f16"


class Context:
    """Sequences of tokens that the model has read, and the one batch that adds to them."""

    def __init__(self, model: Model, shape: Shape) -> None:
        self.model, self.shape = model, shape
        self._handle = lib.llama_init_from_model(model.handle, _parameters(shape))
        if not self._handle:
            model.fail(model.gguf)
        self.memory = lib.llama_get_memory(self._handle)
        self.window = int(lib.llama_n_ctx_seq(self._handle))
        self._abort: Any = lib.ggml_abort_callback(0)
        self._never: Any = lib.ggml_abort_callback(0)
        self._asks = False
        self._batch = batch = lib.llama_batch_init(shape.batch, 0, 1)
        # Views of the C arrays: filling them element by element costs twenty times as much.
        rows = (shape.batch,)
        self._tokens = np.ctypeslib.as_array(batch.token, rows)
        self._positions = np.ctypeslib.as_array(batch.pos, rows)
        self._wanted = np.ctypeslib.as_array(batch.logits, rows)
        np.ctypeslib.as_array(batch.n_seq_id, rows)[:] = 1
        # Each row points to its list of sequences; ours all have one member, laid out in a row.
        self._sequences = np.zeros(rows, np.int32)
        lists = ctypes.cast(batch.seq_id, ctypes.POINTER(ctypes.c_size_t))
        self._lists = np.ctypeslib.as_array(lists, rows)
        self._own_lists = self._lists.copy()
        self._lists[:] = self._sequences.ctypes.data + 4 * np.arange(shape.batch)
        self.rows = self.outputs = 0

    def interrupt_when(self, aborted: Callable[[], bool]) -> None:
        """Ask `aborted` inside long decodes; where it answers True the decode ends at once."""
        self._abort = lib.ggml_abort_callback(lambda _: aborted())

    def start(self) -> None:
        """An empty batch."""
        self.rows = self.outputs = 0

    def add(self, sequence: int, tokens: Any, positions: Any, wanted: int = 1) -> int:
        """Puts tokens of one sequence into the batch, and wants the logits of the last `wanted`
        of them; the number of the first of these rows among all of the logits."""
        start, end = self.rows, self.rows + len(tokens)
        self._tokens[start:end] = tokens
        self._positions[start:end] = positions
        self._sequences[start:end] = sequence
        self._wanted[start:end] = 0
        self._wanted[end - wanted : end] = 1
        self.rows = end
        self.outputs += wanted
        return self.outputs - wanted

    def decode(self) -> int:
        """DECODED, NO_ROOM (and nothing has changed), ABORTED, or llama.cpp's error."""
        self._batch.n_tokens = self.rows
        long = self.rows > QUICK
        if long != self._asks:
            self._asks = long
            callback = self._abort if long else self._never
            lib.llama_set_abort_callback(self._handle, callback, ctypes.c_void_p(0))
        return int(lib.llama_decode(self._handle, self._batch))

    def logits(self) -> Floats:
        """A view of the wanted rows' logits, one row a wanted token in the batch's order,
        writable, until the next decode."""
        pointer = lib.llama_get_logits(self._handle)
        return np.ctypeslib.as_array(pointer, (self.outputs, self.model.n_vocab))

    def sample(self, chain: Any, output: int) -> int:
        """A sampler chain's choice from row `output` of the logits; the chain remembers it."""
        return int(lib.llama_sampler_sample(chain, self._handle, output - self.outputs))

    def pooled(self, sequence: int, width: int) -> Floats:
        """A copy of what was made of a whole sequence."""
        pointer = lib.llama_get_embeddings_seq(self._handle, sequence)
        return np.ctypeslib.as_array(pointer, (width,)).copy()

    @property
    def handle(self) -> Any:
        """For mtmd, which decodes images by itself."""
        return self._handle

    def cut(self, sequence: int, position: int = 0) -> bool:
        """Forget a sequence from `position` on; False where the model cannot."""
        return bool(lib.llama_memory_seq_rm(self.memory, sequence, position, -1))

    def share(self, source: int, target: int, position: int) -> None:
        """What `source` has before `position` is `target`'s too; for unified cells only."""
        lib.llama_memory_seq_cp(self.memory, source, target, 0, position)

    def saved_size(self, sequence: int) -> int:
        """How many bytes `save` would make."""
        return int(lib.llama_state_seq_get_size(self._handle, sequence))

    def save(self, sequence: int) -> NDArray[np.uint8]:
        """All of a sequence, to be restored later."""
        size = self.saved_size(sequence)
        data = np.empty(size, np.uint8)
        pointer = data.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
        lib.llama_state_seq_get_data(self._handle, pointer, size, sequence)
        return data

    def restore(self, sequence: int, data: NDArray[np.uint8]) -> bool:
        """False where there is no room; the sequence is empty then."""
        pointer = data.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
        return bool(lib.llama_state_seq_set_data(self._handle, pointer, len(data), sequence))

    def forget(self) -> None:
        lib.llama_memory_clear(self.memory, False)

    def close(self) -> None:
        self._lists[:] = self._own_lists
        lib.llama_batch_free(self._batch)
        lib.llama_free(self._handle)


def _parameters(shape: Shape) -> Any:
    parameters = lib.llama_context_default_params()
    parameters.n_ctx, parameters.n_seq_max = shape.cells, shape.sequences
    parameters.n_batch = parameters.n_ubatch = shape.batch
    parameters.n_outputs_max = shape.outputs
    parameters.n_threads = parameters.n_threads_batch = shape.threads
    parameters.kv_unified, parameters.embeddings = shape.unified, shape.pooled
    parameters.flash_attn_type = FLASH[shape.flash_attn]
    parameters.type_k = parameters.type_v = CACHE_TYPES[shape.cache_type]
    parameters.swa_full = True  # a prefix can be cut where it likes
    parameters.no_perf = True
    return parameters
