"""Write an encoder as the GGUF file that llama.cpp runs: matrices in Q8_0, the rest in F32."""

from __future__ import annotations

from pathlib import Path

import gguf
import shared  # noqa: F401
from model import BLOCKS, CONTEXT, EPSILON, HEADS, HIDDEN, WIDTH, Block, Encoder
from torch import Tensor, nn
from training.gguf_file import array, finish
from wordpiece import CLS, PAD, SEP, SPECIALS, UNKNOWN, tokenizer


class BertFile:
    """A file in the making."""

    def __init__(
        self, path: Path, name: str, pooling: gguf.PoolingType, blocks: int = BLOCKS
    ) -> None:
        self._writer = writer = gguf.GGUFWriter(path, "bert")
        writer.add_name(name)
        writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
        writer.add_bool("azrun.stand_in", True)
        writer.add_context_length(CONTEXT)
        writer.add_embedding_length(WIDTH)
        writer.add_feed_forward_length(HIDDEN)
        writer.add_block_count(blocks)
        writer.add_head_count(HEADS)
        writer.add_layer_norm_eps(EPSILON)
        writer.add_causal_attention(False)
        writer.add_pooling_type(pooling)
        self._add_vocabulary()

    def encoder(self, model: Encoder) -> None:
        self.matrix("token_embd.weight", model.tokens.weight)
        self.plain("token_types.weight", model.kind[None].repeat(2, 1))
        self.matrix("position_embd.weight", model.positions())
        self._norm("token_embd_norm", model.norm)
        for index, block in enumerate(model.blocks):
            self._block(f"blk.{index}.", block)

    def linear(self, name: str, layer: nn.Linear) -> None:
        self.matrix(f"{name}.weight", layer.weight)
        self.plain(f"{name}.bias", layer.bias)

    def matrix(self, name: str, weight: Tensor) -> None:
        quantized = gguf.quants.quantize(array(weight), gguf.GGMLQuantizationType.Q8_0)
        self._writer.add_tensor(name, quantized, raw_dtype=gguf.GGMLQuantizationType.Q8_0)

    def plain(self, name: str, weight: Tensor) -> None:
        self._writer.add_tensor(name, array(weight))

    def close(self) -> None:
        finish(self._writer)

    def _block(self, prefix: str, block: Block) -> None:
        names = ("attn_q", "attn_k", "attn_v")
        parts = zip(names, block.qkv.weight.chunk(3), block.qkv.bias.chunk(3), strict=True)
        for name, weight, bias in parts:
            self.matrix(f"{prefix}{name}.weight", weight)
            self.plain(f"{prefix}{name}.bias", bias)
        self.linear(prefix + "attn_output", block.out)
        self._norm(prefix + "attn_output_norm", block.norm_attention)
        self.linear(prefix + "ffn_up", block.up)
        self.linear(prefix + "ffn_down", block.down)
        self._norm(prefix + "layer_output_norm", block.norm_forward)

    def _norm(self, name: str, norm: nn.LayerNorm) -> None:
        self.plain(f"{name}.weight", norm.weight)
        self.plain(f"{name}.bias", norm.bias)

    def _add_vocabulary(self) -> None:
        writer, pieces = self._writer, tokenizer().pieces
        kinds = [gguf.TokenType.CONTROL] * len(SPECIALS)
        kinds[UNKNOWN] = gguf.TokenType.UNKNOWN
        writer.add_tokenizer_model("bert")
        writer.add_tokenizer_pre("jina-v2-en")
        writer.add_token_type_count(2)
        writer.add_token_list(pieces)
        writer.add_token_types(kinds + [gguf.TokenType.NORMAL] * (len(pieces) - len(kinds)))
        writer.add_pad_token_id(PAD)
        writer.add_unk_token_id(UNKNOWN)
        writer.add_bos_token_id(CLS)
        writer.add_sep_token_id(SEP)
        writer.add_mask_token_id(SPECIALS.index("[MASK]"))
        writer.add_add_bos_token(True)
