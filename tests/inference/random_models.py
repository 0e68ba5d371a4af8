"""GGUF files of real architectures with random weights: what they say has no sense, but every
layer takes part in it."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np

WIDTH, HEADS, KV_HEADS, HIDDEN, LAYERS, CONTEXT = 64, 4, 2, 128, 3, 2048
SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
RERANK = (
    "<|im_start|>user\n<Query>: {query}\n<Document>: {document}<|im_end|>\n<|im_start|>assistant\n"
)


class Weights:
    """Adds tensors to a file."""

    def __init__(self, writer: gguf.GGUFWriter, seed: int = 1) -> None:
        self._writer, self._random = writer, np.random.default_rng(seed)

    def random(self, *shape: int, size: float = 0.2) -> np.ndarray:
        return self._random.normal(0, size, shape)

    def noise(self, name: str, *shape: int, size: float = 0.2) -> None:
        self.given(name, self.random(*shape, size=size))

    def same(self, name: str, length: int, value: float) -> None:
        self.given(name, np.full(length, value))

    def given(self, name: str, values: np.ndarray) -> None:
        self._writer.add_tensor(name, values.astype(np.float32))

    def norm(self, name: str, length: int = WIDTH) -> None:
        """With a bias, as bert has it."""
        self.same(f"{name}.weight", length, 1)
        self.same(f"{name}.bias", length, 0)

    def linear(self, name: str, rows: int, columns: int) -> None:
        """With a bias."""
        self.noise(f"{name}.weight", rows, columns)
        self.noise(f"{name}.bias", rows)


def writes_text(path: Path, architecture: str = "llama", seed: int = 1, pre: str = "qwen2") -> Path:
    """A model that writes printable ASCII without end. `architecture`: llama or qwen2; `pre`: how
    its tokenizer splits text."""
    writer = _decoder(path, architecture, pre=pre)
    weights = Weights(writer, seed)
    count = 256 + len(SPECIALS)
    printable = [32 <= token < 127 for token in range(count)]
    # The first number of every state is positive: with it the output knows what not to say.
    embeddings = np.random.default_rng(seed).normal(0, 0.5, (count, WIDTH))
    embeddings[:, 0] = 4
    output = np.random.default_rng(seed + 1).normal(0, 0.5, (count, WIDTH))
    output[:, 0] = np.where(printable, 0, -20)
    weights.given("token_embd.weight", embeddings)
    weights.given("output.weight", output)
    weights.same("output_norm.weight", WIDTH, 1)
    _layers(weights, biases=architecture == "qwen2")
    return _close(writer, path)


def ranks_as_qwen3(path: Path) -> Path:
    """Of Qwen3-Reranker's shape: a template for pairs, and probabilities of "yes" and "no"."""
    writer = _decoder(path, "qwen3", chat=[{"name": "rerank", "template": RERANK}])
    head = WIDTH // HEADS
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_pooling_type(gguf.PoolingType.RANK)
    writer.add_classifier_output_labels(["yes", "no"])
    weights = Weights(writer)
    weights.noise("token_embd.weight", 256 + len(SPECIALS), WIDTH, size=0.5)
    weights.noise("cls.output.weight", 2, WIDTH, size=0.5)
    weights.same("output_norm.weight", WIDTH, 1)
    _layers(weights)
    for layer in range(LAYERS):
        for name in ("attn_q_norm", "attn_k_norm"):
            weights.same(f"blk.{layer}.{name}.weight", head, 1)
    return _close(writer, path)


def reads_text(path: Path, ranks: bool = False, ends: bool = False) -> Path:
    """A bert that makes embeddings, or `ranks`. `ends`: its texts end as XLM-RoBERTa's do."""
    writer = gguf.GGUFWriter(path, "bert")
    _shape(writer)
    writer.add_layer_norm_eps(1e-12)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.RANK if ranks else gguf.PoolingType.MEAN)
    count = _word_pieces(writer, ends)
    weights = Weights(writer)
    weights.noise("token_embd.weight", count, WIDTH, size=1)
    weights.noise("token_types.weight", 2, WIDTH)
    weights.noise("position_embd.weight", CONTEXT, WIDTH)
    weights.norm("token_embd_norm")
    for layer in range(LAYERS):
        prefix = f"blk.{layer}."
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            weights.linear(prefix + name, WIDTH, WIDTH)
        weights.linear(f"{prefix}ffn_up", HIDDEN, WIDTH)
        weights.linear(f"{prefix}ffn_down", WIDTH, HIDDEN)
        weights.norm(f"{prefix}attn_output_norm")
        weights.norm(f"{prefix}layer_output_norm")
    if ranks:
        weights.linear("cls", WIDTH, WIDTH)
        weights.linear("cls.output", 1, WIDTH)
    return _close(writer, path)


def _decoder(
    path: Path,
    architecture: str,
    chat: str | list[dict[str, str]] | None = None,
    pre: str = "qwen2",
) -> gguf.GGUFWriter:
    writer = gguf.GGUFWriter(path, architecture)
    _shape(writer)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    normal, control = gguf.TokenType.NORMAL, gguf.TokenType.CONTROL
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list([*_byte_tokens(), *SPECIALS])
    writer.add_token_types([normal] * 256 + [control] * len(SPECIALS))
    writer.add_token_merges(["\u0100 \u0100"])  # empty, the key is left out and loading fails
    writer.add_bos_token_id(256)
    writer.add_eos_token_id(258)
    writer.add_add_bos_token(False)
    if chat is not None:
        writer.add_chat_template(chat)
    return writer


def _shape(writer: gguf.GGUFWriter) -> None:
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)


def _layers(weights: Weights, biases: bool = False) -> None:
    cells = WIDTH // HEADS * KV_HEADS
    for layer in range(LAYERS):
        prefix = f"blk.{layer}."
        for name, rows, columns in (
            ("attn_q", WIDTH, WIDTH), ("attn_k", cells, WIDTH), ("attn_v", cells, WIDTH),
            ("attn_output", WIDTH, WIDTH), ("ffn_gate", HIDDEN, WIDTH), ("ffn_up", HIDDEN, WIDTH),
            ("ffn_down", WIDTH, HIDDEN),
        ):  # fmt: skip
            values = weights.random(rows, columns)
            if name in ("attn_output", "ffn_down"):
                values[0] = 0  # a state's first number stays as it was
            weights.given(f"{prefix}{name}.weight", values)
            if biases and name in ("attn_q", "attn_k", "attn_v"):
                weights.noise(f"{prefix}{name}.bias", rows)
        for name in ("attn_norm", "ffn_norm"):
            weights.same(f"{prefix}{name}.weight", WIDTH, 1)


def _word_pieces(writer: gguf.GGUFWriter, ends: bool) -> int:
    """Single letters, at a word's beginning (U+2581) and within it; how many pieces."""
    letters = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
    pieces = [*PIECES, *(f"\u2581{letter}" for letter in letters), *letters]
    control, normal = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL
    types = [control, gguf.TokenType.UNKNOWN, control, control, control]
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("jina-v2-en")
    writer.add_token_type_count(2)
    writer.add_token_list(pieces)
    writer.add_token_types([*types, *([normal] * (len(pieces) - len(types)))])
    writer.add_pad_token_id(0)
    writer.add_unk_token_id(1)
    writer.add_bos_token_id(2)
    writer.add_sep_token_id(3)
    writer.add_eos_token_id(3)
    writer.add_mask_token_id(4)
    if ends:
        writer.add_add_eos_token(True)
        writer.add_add_sep_token(False)
    return len(pieces)


def _byte_tokens() -> list[str]:
    """The 256 bytes in the spelling of GPT-2's byte-level vocabulary, in order."""
    plain = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = iter(range(256, 512))
    return [chr(byte if byte in plain else next(others)) for byte in range(256)]


def _close(writer: gguf.GGUFWriter, path: Path) -> Path:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
