"""One GGUF in llama.cpp: loaded, asked, freed."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llama_cpp as lib

from azrun.inference.errors import ModelLoadError
from azrun.inference.worker.logs import Logs
from azrun.inference.worker.tokenizer import Tokenizer

RANK = lib.LLAMA_POOLING_TYPE_RANK
NAMED_POOLINGS = {
    lib.LLAMA_POOLING_TYPE_MEAN, lib.LLAMA_POOLING_TYPE_CLS, lib.LLAMA_POOLING_TYPE_LAST, RANK,
}  # fmt: skip


class Model:
    """A loaded GGUF: its weights, its vocabulary, what it says about itself.

    `progress` hears how far the load is, 0 to 1. Raises ModelLoadError with llama.cpp's reason.
    """

    def __init__(
        self,
        gguf: Path,
        logs: Logs,
        n_gpu_layers: int = 0,
        main_gpu: int = 0,
        progress: Callable[[float], None] = lambda _: None,
    ) -> None:
        self.gguf, self._logs = gguf, logs

        def heard(fraction: float, _: Any) -> bool:
            progress(fraction)
            return True

        self._progress = lib.llama_progress_callback(heard)
        parameters = lib.llama_model_default_params()
        parameters.n_gpu_layers, parameters.main_gpu = n_gpu_layers, main_gpu
        parameters.progress_callback = self._progress
        self.handle = lib.llama_model_load_from_file(bytes(gguf), parameters) or self.fail(gguf)
        self.metadata = _metadata(self.handle)
        self.vocab = lib.llama_model_get_vocab(self.handle)
        self.n_vocab = int(lib.llama_vocab_n_tokens(self.vocab))
        self.size = int(lib.llama_model_size(self.handle))
        self.parameters = int(lib.llama_model_n_params(self.handle))
        self.trained_context = int(lib.llama_model_n_ctx_train(self.handle)) % 2**32
        self.tokenizer = Tokenizer(self.vocab, lambda token: self.bytes_of(token, True))
        self._bytes: dict[tuple[int, bool], bytes] = {}
        self._ends: dict[int, bool] = {}

    def fail(self, path: Path) -> Any:
        raise ModelLoadError(f"{path}: {self._logs.reason() or 'llama.cpp gives no reason'}")

    @property
    def architecture(self) -> str:
        return self.metadata.get("general.architecture", "")

    @property
    def pooling(self) -> int | None:
        """llama.cpp's number for how the file makes one vector of many tokens' (RANK: a score);
        None where it is a model that writes."""
        try:
            pooling = int(self.metadata.get(f"{self.architecture}.pooling_type", ""))
        except ValueError:
            return None
        return pooling if pooling in NAMED_POOLINGS else None

    @property
    def stand_in(self) -> bool:
        """Whether its file says that it only stands in for a larger one."""
        return self.metadata.get("azrun.stand_in") == "true"

    @property
    def causal(self) -> bool:
        return self.metadata.get(f"{self.architecture}.attention.causal") != "false"

    @property
    def longest_text(self) -> int:
        """Tokens: one that reads a text as a whole may have learned each position by itself, and
        llama.cpp ends the process beyond the last of them."""
        return 2**31 if self.causal else self.trained_context

    @property
    def remembers_states(self) -> bool:
        """Whether its memory is a state that cannot be cut back to an earlier position."""
        return bool(
            lib.llama_model_is_recurrent(self.handle) or lib.llama_model_is_hybrid(self.handle)
        )

    def tokenize(self, text: str, special: bool = False, parse: bool = True) -> list[int]:
        """`special`: with the tokens that the model wants around a text. `parse`: special
        tokens written out in the text are those tokens. Raises InvalidRequest."""
        return self.tokenizer.tokenize(text, special, parse)

    def bytes_of(self, token: int, special: bool = False) -> bytes:
        """A token's text; `special`: also that of a token which is no text."""
        found = self._bytes.get((token, special))
        if found is None:
            found = self._bytes[token, special] = self._read_bytes(token, special)
        return found

    def _read_bytes(self, token: int, special: bool) -> bytes:
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            count = lib.llama_token_to_piece(self.vocab, token, buffer, size, 0, special)
            if count >= 0:
                return buffer.raw[:count]
            size = -count

    def ends(self, token: int) -> bool:
        """Whether a generation is over with this token."""
        found = self._ends.get(token)
        if found is None:
            found = self._ends[token] = bool(lib.llama_vocab_is_eog(self.vocab, token))
        return found

    def special(self, token: int) -> str:
        """A special token's text, for the chat template."""
        return "" if token < 0 else self.bytes_of(token, True).decode("utf-8", "replace")

    def template(self, name: bytes | None = None) -> str | None:
        """A chat template: the file's own, or one by its name (`tool_use`, `rerank`)."""
        source = lib.llama_model_chat_template(self.handle, name)
        return source.decode("utf-8", "replace") if source else None

    @property
    def chat_template(self) -> str | None:
        return self.template()

    def close(self) -> None:
        lib.llama_model_free(self.handle)


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
