"""One GGUF in llama.cpp: loaded, asked, freed."""

from __future__ import annotations

import ctypes
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llama_cpp as lib
from llama_cpp import mtmd_cpp as mtmd

from azrun.inference.errors import ModelLoadError
from azrun.inference.types import ModelInfo, ModelSettings
from azrun.inference.worker.logs import Logs
from azrun.inference.worker.threads import default_threads

DEFAULT_CONTEXT = 8192  # a model's own may be 128k: gigabytes of cache that few requests use
BATCH = 512
NODES_BETWEEN_LOOKS = 32  # of the image encoder's graph, between two looks at `aborted`


class Model:
    """A loaded model with its one context, and its image encoder if it has one.

    `aborted` is asked during every computation of more than one token; where it answers True,
    the computation ends at once.
    """

    def __init__(self, settings: ModelSettings, logs: Logs, aborted: Callable[[], bool]) -> None:
        self._logs = logs
        self._nodes = 0
        self._abort = lib.ggml_abort_callback(lambda _: aborted())
        self._never = lib.ggml_abort_callback(0)
        self._look = lib.ggml_backend_sched_eval_callback(self._looker(aborted))
        self.vision: Any = None
        self.handle = self._load(settings)
        threads = settings.threads or default_threads(int(lib.llama_model_size(self.handle)))
        self.metadata = _metadata(self.handle)
        self.vocab = lib.llama_model_get_vocab(self.handle)
        self.n_vocab = int(lib.llama_vocab_n_tokens(self.vocab))
        self.context = self._open(settings, threads)
        self.n_ctx = int(lib.llama_n_ctx_seq(self.context))
        self.memory = lib.llama_get_memory(self.context)
        self.marker = f"<__image_{secrets.token_hex(8)}__>"
        if settings.mmproj is not None:
            self.vision = self._open_vision(settings.mmproj, settings, threads)

    def _load(self, settings: ModelSettings) -> Any:
        lib.llama_backend_init()
        parameters = lib.llama_model_default_params()
        parameters.n_gpu_layers = settings.n_gpu_layers
        handle = lib.llama_model_load_from_file(bytes(settings.gguf), parameters)
        return handle or self._fail(settings.gguf)

    def _open(self, settings: ModelSettings, threads: int) -> Any:
        trained = int(lib.llama_model_n_ctx_train(self.handle))
        parameters = lib.llama_context_default_params()
        parameters.n_ctx = settings.context or min(trained, DEFAULT_CONTEXT)
        parameters.n_batch = parameters.n_ubatch = BATCH
        parameters.n_seq_max = 1
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.no_perf = True
        context = lib.llama_init_from_model(self.handle, parameters)
        return context or self._fail(settings.gguf)

    def _open_vision(self, mmproj: Path, settings: ModelSettings, threads: int) -> Any:
        parameters = mtmd.mtmd_context_params_default()
        parameters.use_gpu = settings.n_gpu_layers != 0
        parameters.n_threads = threads
        parameters.print_timings = parameters.warmup = False
        parameters.media_marker = self.marker.encode()
        parameters.cb_eval = self._look
        vision = mtmd.mtmd_init_from_file(bytes(mmproj), self.handle, parameters)
        return vision or self._fail(mmproj)

    def _fail(self, path: Path) -> Any:
        reason = self._logs.reason() or "llama.cpp gives no reason"
        self.close()
        raise ModelLoadError(f"{path}: {reason}")

    def _looker(self, aborted: Callable[[], bool]) -> Callable[[Any, bool, Any], bool]:
        """The encoder has no abort callback; its graph can be ended where it is looked at."""

        def look(_tensor: Any, asks: bool, _data: Any) -> bool:
            if not asks:
                return not aborted()
            self._nodes += 1
            return self._nodes % NODES_BETWEEN_LOOKS == 0

        return look

    def interruptible(self, on: bool) -> None:
        """Whether llama.cpp asks `aborted` inside a computation; it costs a little each time."""
        callback = self._abort if on else self._never
        lib.llama_set_abort_callback(self.context, callback, ctypes.c_void_p(0))

    def tokenize(self, text: str) -> list[int]:
        data = text.encode()
        tokens = (lib.llama_token * (len(data) + 8))()
        count = lib.llama_tokenize(
            self.vocab, data, len(data), tokens, len(tokens), False, True
        )  # fmt: skip
        if count < 0:
            raise RuntimeError(f"a text of {len(data)} bytes is {-count} tokens")
        return list(tokens[:count])

    def bytes_of(self, token: int, special: bool = False) -> bytes:
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            count = lib.llama_token_to_piece(self.vocab, token, buffer, size, 0, special)
            if count >= 0:
                return buffer.raw[:count]
            size = -count

    def ends(self, token: int) -> bool:
        """Whether a generation is over with this token."""
        return bool(lib.llama_vocab_is_eog(self.vocab, token))

    def special(self, token: int) -> str:
        """A special token's text, for the chat template."""
        return "" if token < 0 else self.bytes_of(token, True).decode("utf-8", "replace")

    @property
    def chat_template(self) -> str | None:
        source = lib.llama_model_chat_template(self.handle, None)
        return source.decode("utf-8", "replace") if source else None

    @property
    def info(self) -> ModelInfo:
        return ModelInfo(
            name=self.metadata.get("general.name", ""),
            architecture=self.metadata.get("general.architecture", ""),
            parameters=int(lib.llama_model_n_params(self.handle)),
            size=int(lib.llama_model_size(self.handle)),
            context=self.n_ctx,
            sees_images=bool(self.vision and mtmd.mtmd_support_vision(self.vision)),
            chats=self.chat_template is not None,
        )

    def close(self) -> None:
        if self.vision:
            mtmd.mtmd_free(self.vision)
            self.vision = None
        if getattr(self, "context", None):
            lib.llama_free(self.context)
            self.context = None
        if getattr(self, "handle", None):
            lib.llama_model_free(self.handle)
            self.handle = None


def _metadata(handle: Any) -> dict[str, str]:
    """All of the GGUF's scalar metadata, as text."""

    def read(get: Callable[..., int], index: int) -> str:
        size = max(0, get(handle, index, None, 0)) + 1
        buffer = ctypes.create_string_buffer(size)
        get(handle, index, buffer, size)
        return buffer.value.decode("utf-8", "replace")

    return {
        read(lib.llama_model_meta_key_by_index, index): read(
            lib.llama_model_meta_val_str_by_index, index
        )
        for index in range(lib.llama_model_meta_count(handle))
    }
