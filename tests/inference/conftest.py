from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from pathlib import Path

import gguf
import numpy as np
import pytest

from azrun.inference.embedded import stand_ins
from azrun.inference.local import LlamaBackend
from azrun.inference.types import Kind, ModelSettings

SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
WIDTH, HEADS, HIDDEN, CONTEXT = 320, 5, 64, 4096

MakeModel = Callable[..., Path]
MakeBackend = Callable[..., LlamaBackend]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def says(tmp_path_factory: pytest.TempPathFactory) -> MakeModel:
    """A chat model that answers everything with `text`, once or again and again: a table of
    which byte comes after which, so no byte may appear in it twice."""

    def make(text: str, endless: bool = False, template: str | None = CHATML) -> Path:
        path = tmp_path_factory.mktemp("model") / "says.gguf"
        _write(path, text.encode(), endless, template)
        return path

    return make


@pytest.fixture(scope="session")
def counts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An embedding model: a text's vector says how often each byte is in it."""
    path = tmp_path_factory.mktemp("model") / "counts.gguf"
    _write(path, b"", False, None, gguf.PoolingType.MEAN)
    return path


@pytest.fixture(scope="session")
def thinks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chat model of random weights: what it says depends on all that it has read, and it never
    ends by itself."""
    path = tmp_path_factory.mktemp("model") / "thinks.gguf"
    _write_random(path)
    return path


@pytest.fixture(scope="session")
def tiny_ocr() -> ModelSettings:
    """The embedded pair."""
    return stand_ins()[Kind.VISION].settings


@pytest.fixture
async def backend() -> AsyncIterator[MakeBackend]:
    """Makes backends, and closes them."""
    made: list[LlamaBackend] = []

    def make(gguf: Path, **settings: object) -> LlamaBackend:
        queue = settings.pop("longest_queue", 512)
        backend = LlamaBackend(ModelSettings(gguf, **settings), queue)  # type: ignore[arg-type]
        made.append(backend)
        return backend

    yield make
    for one in made:
        await one.close()


def _write(
    path: Path,
    text: bytes,
    endless: bool,
    template: str | None,
    pooling: gguf.PoolingType | None = None,
) -> None:
    assert len(set(text)) == len(text), "no byte twice: each is followed by one other"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("says")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    if pooling is not None:
        writer.add_pooling_type(pooling)
    tokens = [*_byte_tokens(), *SPECIALS]
    end = len(tokens) - 1
    writer.add_vocab_size(len(tokens))
    _add_vocabulary(writer, tokens, template)
    chain = [ord("\n"), *text, text[0] if endless else end]
    table = np.zeros((len(tokens), WIDTH), np.float32)
    for before, after in pairwise(chain):
        table[after, before] = 1
    _add_tensors(writer, len(tokens), table)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _write_random(path: Path, width: int = 64, layers: int = 2, heads: int = 4) -> None:
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("thinks")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(2 * width)
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_dimension_count(width // heads)
    tokens = [*_byte_tokens(), *SPECIALS]
    writer.add_vocab_size(len(tokens))
    _add_vocabulary(writer, tokens, CHATML)
    chance = np.random.default_rng(7)

    def weights(*shape: int) -> np.ndarray:
        return chance.normal(0, 1 / np.sqrt(shape[-1]), shape).astype(np.float32)

    writer.add_tensor("token_embd.weight", weights(len(tokens), width) * 8)
    writer.add_tensor("output_norm.weight", np.ones(width, np.float32))
    table = weights(len(tokens), width) * 8
    table[256:] = 0  # no special token is ever the likeliest
    writer.add_tensor("output.weight", table)
    for layer in range(layers):
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", np.ones(width, np.float32))
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", weights(width, width) * 2)
        for name in ("ffn_gate", "ffn_up"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", weights(2 * width, width))
        writer.add_tensor(f"blk.{layer}.ffn_down.weight", weights(width, 2 * width))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_vocabulary(writer: gguf.GGUFWriter, tokens: list[str], template: str | None) -> None:
    normal, control = gguf.TokenType.NORMAL, gguf.TokenType.CONTROL
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([normal] * 256 + [control] * len(SPECIALS))
    writer.add_token_merges(["\u0100 \u0100"])  # empty, the key is left out and loading fails
    writer.add_bos_token_id(256)
    writer.add_eos_token_id(len(tokens) - 1)
    writer.add_add_bos_token(False)
    if template is not None:
        writer.add_chat_template(template)


def _add_tensors(writer: gguf.GGUFWriter, vocabulary: int, table: np.ndarray) -> None:
    ones, nothing = np.ones(WIDTH, np.float32), np.zeros((WIDTH, WIDTH), np.float32)
    writer.add_tensor("token_embd.weight", np.eye(vocabulary, WIDTH, dtype=np.float32))
    writer.add_tensor("output_norm.weight", ones)
    writer.add_tensor("output.weight", table)
    writer.add_tensor("blk.0.attn_norm.weight", ones)
    writer.add_tensor("blk.0.ffn_norm.weight", ones)
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        writer.add_tensor(f"blk.0.{name}.weight", nothing)
    for name in ("ffn_gate", "ffn_up"):
        writer.add_tensor(f"blk.0.{name}.weight", np.zeros((HIDDEN, WIDTH), np.float32))
    writer.add_tensor("blk.0.ffn_down.weight", np.zeros((WIDTH, HIDDEN), np.float32))


def _byte_tokens() -> list[str]:
    """The 256 bytes in the spelling of GPT-2's byte-level vocabulary, in order."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte if byte in plain else next(others)) for byte in range(256)]
