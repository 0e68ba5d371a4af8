"""GGUF files with random weights in real architectures' shapes, made once and kept beside the
peers: how fast a model is does not depend on what it knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from peers import PEERS

NORMAL, CONTROL, UNKNOWN = (
    gguf.TokenType.NORMAL, gguf.TokenType.CONTROL, gguf.TokenType.UNKNOWN
)  # fmt: skip
CHAT_SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
BERT_SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CONTEXT = 32_768


@dataclass(frozen=True)
class Shape:
    name: str
    label: str
    layers: int
    width: int
    hidden: int
    heads: int
    kv_heads: int
    vocabulary: int


CHAT = Shape("random-chat", "133 MB", 12, 768, 2048, 12, 4, 32_000)
TINY = Shape("random-tiny", "1 MB", 2, 128, 256, 4, 2, 2_048)
EMBED = Shape("random-embed", "45 MB", 6, 384, 1536, 12, 12, 30_000)


def chat(shape: Shape) -> Path:
    """A llama model in q8_0; its prompts are read byte by byte, and its answers are words."""
    return _made(shape, "llama", _fill_chat)


def embed(shape: Shape) -> Path:
    """A bert model in f16 with mean pooling, MiniLM's shape."""
    return _made(shape, "bert", _fill_embed)


def words(count: int) -> list[str]:
    """Different words of three to nine letters, always the same ones."""
    random = np.random.default_rng(1)
    letters = np.frombuffer(b"etaoinshrdlucmfwypvbgk", np.uint8)
    found: dict[str, None] = {}
    while len(found) < count:
        found[random.choice(letters, random.integers(3, 10)).tobytes().decode()] = None
    return list(found)


class _Weights:
    """Adds random tensors to a file."""

    def __init__(self, writer: gguf.GGUFWriter) -> None:
        self._writer = writer
        self._random = np.random.default_rng(0)

    def q8(self, name: str, rows: int, columns: int, nothing: slice = slice(0)) -> None:
        """Made as blocks of a scale and 32 numbers at once: nothing has to be quantised.
        The rows `nothing` are zero."""
        blocks = np.empty((rows, columns // 32, 34), np.uint8)
        scale = np.array([0.04 / 74], np.float16)  # 74: what evenly spread bytes deviate
        blocks[..., :2] = scale.view(np.uint8)
        blocks[..., 2:] = self._random.integers(0, 256, (rows, columns // 32, 32), np.uint8)
        blocks[nothing] = 0
        self._writer.add_tensor(
            name, blocks.reshape(rows, -1), raw_dtype=gguf.GGMLQuantizationType.Q8_0
        )

    def f16(self, name: str, rows: int, columns: int) -> None:
        self._writer.add_tensor(name, self._normal(rows, columns).astype(np.float16))

    def f32(self, name: str, rows: int, columns: int) -> None:
        self._writer.add_tensor(name, self._normal(rows, columns).astype(np.float32))

    def _normal(self, rows: int, columns: int) -> Any:
        return self._random.standard_normal((rows, columns), np.float32) * 0.04

    def same(self, name: str, size: int, value: float) -> None:
        self._writer.add_tensor(name, np.full(size, value, np.float32))


def _made(shape: Shape, kind: str, fill: Callable[[gguf.GGUFWriter, Shape], None]) -> Path:
    path = PEERS / f"{shape.name}.gguf"
    if not path.is_file():
        PEERS.mkdir(exist_ok=True)
        part = path.with_suffix(".part")
        writer = gguf.GGUFWriter(part, kind)
        _describe(writer, shape)
        fill(writer, shape)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        part.rename(path)
    return path


def _describe(writer: gguf.GGUFWriter, shape: Shape) -> None:
    writer.add_name(shape.name)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_vocab_size(shape.vocabulary)


def _fill_chat(writer: gguf.GGUFWriter, shape: Shape) -> None:
    head = shape.width // shape.heads
    writer.add_context_length(CONTEXT)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_dimension_count(head)
    _chat_vocabulary(writer, shape.vocabulary)
    weights = _Weights(writer)
    weights.q8("token_embd.weight", shape.vocabulary, shape.width)
    specials = slice(256, 256 + len(CHAT_SPECIALS))  # zero: never among the likely, never an end
    weights.q8("output.weight", shape.vocabulary, shape.width, specials)
    weights.same("output_norm.weight", shape.width, 1)
    for layer in range(shape.layers):
        prefix = f"blk.{layer}."
        for name in ("attn_norm", "ffn_norm"):
            weights.same(f"{prefix}{name}.weight", shape.width, 1)
        for name, rows, columns in (
            ("attn_q", shape.width, shape.width),
            ("attn_k", head * shape.kv_heads, shape.width),
            ("attn_v", head * shape.kv_heads, shape.width),
            ("attn_output", shape.width, shape.width),
            ("ffn_gate", shape.hidden, shape.width),
            ("ffn_up", shape.hidden, shape.width),
            ("ffn_down", shape.width, shape.hidden),
        ):
            weights.q8(f"{prefix}{name}.weight", rows, columns)


def _chat_vocabulary(writer: gguf.GGUFWriter, size: int) -> None:
    """Bytes, the special tokens, and words: half of them begin with a space."""
    pieces = words(size - 256 - len(CHAT_SPECIALS))
    tokens = [*_byte_tokens(), *CHAT_SPECIALS]
    tokens += [f"\u0120{word}" if at % 2 else word for at, word in enumerate(pieces)]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([NORMAL] * 256 + [CONTROL] * len(CHAT_SPECIALS) + [NORMAL] * len(pieces))
    writer.add_token_merges(["\u0100 \u0100"])  # empty, the key is left out and loading fails
    writer.add_bos_token_id(256)
    writer.add_eos_token_id(258)
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHATML)


def _byte_tokens() -> list[str]:
    """GPT-2's letters for the 256 bytes: what can be printed stands for itself."""
    printed = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = iter(range(256, 512))
    return [chr(byte if byte in printed else next(others)) for byte in range(256)]


def _fill_embed(writer: gguf.GGUFWriter, shape: Shape) -> None:
    writer.add_context_length(512)
    writer.add_layer_norm_eps(1e-12)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    _embed_vocabulary(writer, shape.vocabulary)
    weights = _Weights(writer)
    weights.f16("token_embd.weight", shape.vocabulary, shape.width)
    weights.f32("token_types.weight", 2, shape.width)
    weights.f32("position_embd.weight", 512, shape.width)
    _norm(weights, "token_embd_norm", shape.width)
    for layer in range(shape.layers):
        prefix = f"blk.{layer}."
        for name, rows, columns in (
            ("attn_q", shape.width, shape.width),
            ("attn_k", shape.width, shape.width),
            ("attn_v", shape.width, shape.width),
            ("attn_output", shape.width, shape.width),
            ("ffn_up", shape.hidden, shape.width),
            ("ffn_down", shape.width, shape.hidden),
        ):
            weights.f16(f"{prefix}{name}.weight", rows, columns)
            weights.same(f"{prefix}{name}.bias", rows, 0)
        for name in ("attn_output_norm", "layer_output_norm"):
            _norm(weights, prefix + name, shape.width)


def _norm(weights: _Weights, name: str, width: int) -> None:
    weights.same(f"{name}.weight", width, 1)
    weights.same(f"{name}.bias", width, 0)


def _embed_vocabulary(writer: gguf.GGUFWriter, size: int) -> None:
    """WordPiece in GGUF's form: U+2581 begins a word, a continuation has no mark."""
    letters = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
    pieces = [*(f"\u2581{letter}" for letter in letters), *letters]
    pieces += [f"\u2581{word}" for word in words(size - len(BERT_SPECIALS) - len(pieces))]
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("jina-v2-en")
    writer.add_token_type_count(2)
    writer.add_token_list(BERT_SPECIALS + pieces)
    writer.add_token_types([CONTROL, UNKNOWN, CONTROL, CONTROL, CONTROL] + [NORMAL] * len(pieces))
    writer.add_pad_token_id(0)
    writer.add_unk_token_id(1)
    writer.add_bos_token_id(2)
    writer.add_sep_token_id(3)
    writer.add_eos_token_id(3)
    writer.add_mask_token_id(4)
