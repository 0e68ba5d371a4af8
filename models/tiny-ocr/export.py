"""Write a checkpoint of `train.py` as the pair of GGUF files that llama.cpp runs.

`python models/tiny-ocr/export.py --checkpoint tiny-ocr.pt`: matrices in F16, the rest in F32.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import gguf
import model as architecture
import shared  # noqa: F401
import torch
from model import SPECIALS, Block, LineReader
from pages import GRID
from torch import Tensor
from training.checkpoint import saved
from training.gguf_file import add, add_linear, finish

HERE = Path(__file__).parent
CHAT_TEMPLATE = (
    "{%- set seen = namespace(images=0) -%}"
    "{%- for message in messages if message['content'] is not string -%}"
    "{%- for part in message['content'] or [] if part['type'] in ('image_url', 'image') -%}"
    "{{- '<__media__>' -}}{%- set seen.images = seen.images + 1 -%}"
    "{%- endfor -%}{%- endfor -%}"
    "{%- if not seen.images -%}"
    "{{- raise_exception('this model reads images: send an image_url part') -}}"
    "{%- endif -%}"
    "{%- if add_generation_prompt -%}{{- '<|im_start|>' -}}{%- endif -%}"
)
"""The images and a start mark, whatever else a request says: all that the training showed."""


def byte_tokens() -> list[str]:
    """The 256 bytes in the spelling of GPT-2's byte-level vocabulary, in order."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte if byte in plain else next(others)) for byte in range(256)]


def export(model: LineReader, folder: Path) -> tuple[Path, Path]:
    """Write the decoder and the vision tower of `model` into `folder`."""
    text, vision = folder / "tiny-ocr.gguf", folder / "tiny-ocr-mmproj.gguf"
    _write_text(model, text)
    _write_vision(model, vision)
    return text, vision


def _write_text(model: LineReader, path: Path) -> None:
    writer = gguf.GGUFWriter(path, "qwen2vl")
    _describe(writer, "tiny-ocr")
    writer.add_context_length(2048)
    writer.add_embedding_length(architecture.TEXT_WIDTH)
    writer.add_block_count(architecture.TEXT_BLOCKS)
    writer.add_feed_forward_length(architecture.TEXT_HIDDEN)
    writer.add_head_count(architecture.TEXT_WIDTH // architecture.HEAD)
    writer.add_head_count_kv(architecture.TEXT_WIDTH // architecture.HEAD)
    writer.add_rope_freq_base(architecture.ROPE_BASE)
    writer.add_rope_dimension_sections([*architecture.ROPE_SECTIONS, 0])
    writer.add_layer_norm_rms_eps(architecture.EPSILON)
    _add_vocabulary(writer)
    _add_fit(writer)
    add(writer, "token_embd.weight", model.embedding.weight)
    add(writer, "output_norm.weight", model.norm_text.weight)
    for index, block in enumerate(model.text):
        _add_text_block(writer, f"blk.{index}.", block)
    finish(writer)


def _write_vision(model: LineReader, path: Path) -> None:
    writer = gguf.GGUFWriter(path, "clip")
    _describe(writer, "tiny-ocr-mmproj")
    writer.add_type("mmproj")
    writer.add_clip_has_vision_encoder(True)
    writer.add_clip_projector_type("qwen2.5vl_merger")
    writer.add_vision_use_silu(True)
    writer.add_vision_embedding_length(architecture.VISION_WIDTH)
    writer.add_vision_feed_forward_length(architecture.VISION_HIDDEN)
    writer.add_vision_block_count(architecture.VISION_BLOCKS)
    writer.add_vision_head_count(architecture.VISION_WIDTH // architecture.HEAD)
    writer.add_vision_attention_layernorm_eps(architecture.EPSILON)
    writer.add_vision_projection_dim(architecture.TEXT_WIDTH)
    writer.add_vision_image_size(GRID.width)
    writer.add_vision_patch_size(architecture.PATCH)
    writer.add_vision_spatial_merge_size(architecture.MERGE)
    writer.add_vision_n_wa_pattern(0)
    writer.add_vision_image_mean([architecture.WHITE] * 3)
    writer.add_vision_image_std([architecture.SPREAD] * 3)
    _add_patch(writer, model.patch.weight)
    add(writer, "v.post_ln.weight", model.norm_vision.weight)
    add_linear(writer, "mm.0", model.merge_in.weight, model.merge_in.bias)
    add_linear(writer, "mm.2", model.merge_out.weight, model.merge_out.bias)
    for index, block in enumerate(model.vision):
        _add_vision_block(writer, f"v.blk.{index}.", block)
    finish(writer)


def _describe(writer: gguf.GGUFWriter, name: str) -> None:
    writer.add_name(name)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)


def _add_vocabulary(writer: gguf.GGUFWriter) -> None:
    tokens = [*byte_tokens(), *SPECIALS]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.NORMAL] * 256 + [gguf.TokenType.CONTROL] * len(SPECIALS))
    # The key must be there and gguf drops empty lists: a merge that no text can need.
    writer.add_token_merges([f"{tokens[0]} {tokens[0]}"])
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    writer.add_bos_token_id(tokens.index("<|endoftext|>"))
    writer.add_pad_token_id(tokens.index("<|endoftext|>"))
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def _add_fit(writer: gguf.GGUFWriter) -> None:
    writer.add_string("azrun.fit.kind", "strips")
    writer.add_uint32("azrun.fit.height", GRID.height)
    writer.add_uint32("azrun.fit.width", GRID.width)
    writer.add_uint32("azrun.fit.margin", GRID.margin)
    writer.add_bool("azrun.stand_in", True)


def _add_text_block(writer: gguf.GGUFWriter, prefix: str, block: Block) -> None:
    add(writer, prefix + "attn_norm.weight", block.norm_attention.weight)
    add(writer, prefix + "ffn_norm.weight", block.norm_forward.weight)
    for name, weight, bias in _attention(block):
        add_linear(writer, prefix + name, weight, bias)
    add(writer, prefix + "attn_output.weight", block.out.weight)
    gate, up = block.gate_up.weight.chunk(2)
    add(writer, prefix + "ffn_gate.weight", gate)
    add(writer, prefix + "ffn_up.weight", up)
    add(writer, prefix + "ffn_down.weight", block.down.weight)


def _add_vision_block(writer: gguf.GGUFWriter, prefix: str, block: Block) -> None:
    add(writer, prefix + "ln1.weight", block.norm_attention.weight)
    add(writer, prefix + "ln2.weight", block.norm_forward.weight)
    for name, weight, bias in _attention(block):
        add_linear(writer, prefix + name, weight, bias)
    add_linear(writer, prefix + "attn_out", block.out.weight, block.out.bias)
    gate, up = block.gate_up.weight.chunk(2)
    gate_bias, up_bias = block.gate_up.bias.chunk(2)
    add_linear(writer, prefix + "ffn_gate", gate, gate_bias)
    add_linear(writer, prefix + "ffn_up", up, up_bias)
    add_linear(writer, prefix + "ffn_down", block.down.weight, block.down.bias)


def _attention(block: Block) -> zip[tuple[str, Tensor, Tensor]]:
    names = ("attn_q", "attn_k", "attn_v")
    return zip(names, block.qkv.weight.chunk(3), block.qkv.bias.chunk(3), strict=True)


def _add_patch(writer: gguf.GGUFWriter, weight: Tensor) -> None:
    """One gray weight as three equal colours; a still image's second frame adds nothing."""
    side = architecture.PATCH
    colors = (weight / 3).view(-1, 1, side, side).expand(-1, 3, side, side)
    add(writer, "v.patch_embd.weight", colors)
    add(writer, "v.patch_embd.weight.1", torch.zeros_like(colors))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, default=Path("tiny-ocr.pt"))
    parser.add_argument("--folder", type=Path, default=HERE)
    options = parser.parse_args()
    model = LineReader()
    model.load_state_dict(saved(options.checkpoint)["model"])
    for path in export(model, options.folder):
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
