"""Write a checkpoint of `train.py` as the GGUF file that llama.cpp runs.

`python models/tiny-chat/export.py --checkpoint tiny-chat.pt`: matrices in F16, the rest in F32.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import gguf
import shared  # noqa: F401
from tinychat import model as architecture
from tinychat.conversation import CHAT_TEMPLATE
from tinychat.model import Block, Chat
from tinychat.tokens import CONTROL, MARKS, load
from training.checkpoint import saved
from training.gguf_file import add, add_linear, finish

HERE = Path(__file__).parent
CONTEXT = 4096


def export(model: Chat, vocabulary: dict[str, list[str]], path: Path) -> None:
    """The whole model in one file."""
    writer = gguf.GGUFWriter(path, "qwen2")
    _add_shape(writer)
    _add_vocabulary(writer, vocabulary)
    add(writer, "token_embd.weight", model.embedding.weight)
    add(writer, "output_norm.weight", model.norm.weight)
    for index, block in enumerate(model.blocks):
        _add_block(writer, f"blk.{index}.", block)
    finish(writer)


def _add_shape(writer: gguf.GGUFWriter) -> None:
    writer.add_name("tiny-chat")
    writer.add_description("A stand-in for chat models, trained from nothing for azrun")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(architecture.WIDTH)
    writer.add_block_count(architecture.BLOCKS)
    writer.add_feed_forward_length(architecture.HIDDEN)
    writer.add_head_count(architecture.HEADS)
    writer.add_head_count_kv(architecture.PAIRED_HEADS)
    writer.add_layer_norm_rms_eps(architecture.EPSILON)
    writer.add_rope_freq_base(architecture.ROPE_BASE)
    writer.add_rope_dimension_count(architecture.HEAD)
    writer.add_bool("azrun.stand_in", True)
    writer.add_float32("general.sampling.temp", 0.0)


def _add_vocabulary(writer: gguf.GGUFWriter, vocabulary: dict[str, list[str]]) -> None:
    tokens = vocabulary["tokens"]
    kinds = [gguf.TokenType.NORMAL] * (len(tokens) - len(CONTROL) - len(MARKS))
    kinds += [gguf.TokenType.CONTROL] * len(CONTROL) + [gguf.TokenType.USER_DEFINED] * len(MARKS)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(vocabulary["merges"])
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    writer.add_bos_token_id(tokens.index("<|endoftext|>"))
    writer.add_pad_token_id(tokens.index("<|endoftext|>"))
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def _add_block(writer: gguf.GGUFWriter, prefix: str, block: Block) -> None:
    add(writer, prefix + "attn_norm.weight", block.norm_attention.weight)
    add(writer, prefix + "ffn_norm.weight", block.norm_forward.weight)
    for name, part in (("q", block.query), ("k", block.key), ("v", block.value)):
        add_linear(writer, f"{prefix}attn_{name}", part.weight, part.bias)
    add(writer, prefix + "attn_output.weight", block.out.weight)
    add(writer, prefix + "ffn_gate.weight", block.gate.weight)
    add(writer, prefix + "ffn_up.weight", block.up.weight)
    add(writer, prefix + "ffn_down.weight", block.down.weight)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, default=Path("tiny-chat.pt"))
    parser.add_argument("--output", type=Path, default=HERE / "tiny-chat.gguf")
    options = parser.parse_args()
    model = Chat()
    model.load_state_dict(saved(options.checkpoint)["model"])
    export(model, load(HERE / "vocabulary.json"), options.output)
    print(f"{options.output}: {options.output.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
