"""Qwen2.5-VL's architecture at the size of one text line, in PyTorch.

A vision transformer over patches of 14 x 14 pixels, a merger of 2 x 2 patches into one
token, a decoder with M-RoPE over bytes. `LineReader.columns` is a CTC head that only the
training has; everything else is what `export.py` writes.
"""

from __future__ import annotations

import torch
from pages import GRID
from text import CHARACTERS
from torch import Tensor, nn
from torch.nn import functional

PATCH, MERGE, HEAD = 14, 2, 32
ROWS, COLUMNS = GRID.height // PATCH, GRID.width // PATCH
VISION_WIDTH, VISION_BLOCKS, VISION_HIDDEN = 192, 4, 512
TEXT_WIDTH, TEXT_BLOCKS, TEXT_HIDDEN = 128, 3, 352
EPSILON, ROPE_BASE = 1e-6, 10_000.0
ROPE_SECTIONS = (6, 5, 5)
"""How many of the decoder's rotary pairs turn with the step, the row and the column."""
WHITE, SPREAD = 1.0, 0.4
"""Pixel mean and deviation that bring a white page to exactly zero."""

SPECIALS = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>",
    "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>",
)  # fmt: skip
VOCABULARY = 256 + len(SPECIALS)
ANSWER, END, VISION_START, VISION_END = (
    256 + SPECIALS.index(name)
    for name in ("<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>")
)
FRAMES = 4
"""CTC steps in each column of patches: the narrowest letters are as wide as one or two."""

Rotation = tuple[Tensor, Tensor]


class Block(nn.Module):
    """One transformer layer: rotary attention and a gated feed-forward, normed before each."""

    def __init__(self, width: int, hidden: int, *, causal: bool, biased: bool) -> None:
        super().__init__()
        self.heads, self.causal = width // HEAD, causal
        self.norm_attention = nn.RMSNorm(width, eps=EPSILON)
        self.norm_forward = nn.RMSNorm(width, eps=EPSILON)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width, bias=biased)
        self.gate_up = nn.Linear(width, 2 * hidden, bias=biased)
        self.down = nn.Linear(hidden, width, bias=biased)

    def forward(self, x: Tensor, rotation: Rotation) -> Tensor:
        x = x + self.out(self._attention(self.norm_attention(x), rotation))
        gate, up = self.gate_up(self.norm_forward(x)).chunk(2, -1)
        return x + self.down(functional.silu(gate) * up)

    def _attention(self, x: Tensor, rotation: Rotation) -> Tensor:
        batch, steps, width = x.shape
        qkv = self.qkv(x).view(batch, steps, 3, self.heads, HEAD).permute(2, 0, 3, 1, 4)
        query, key = _rotated(qkv[0], rotation), _rotated(qkv[1], rotation)
        mixed = functional.scaled_dot_product_attention(query, key, qkv[2], is_causal=self.causal)
        return mixed.transpose(1, 2).reshape(batch, steps, width)


class LineReader(nn.Module):
    """Reads grids of [batch, ROWS * COLUMNS, PATCH * PATCH] pixels as bytes."""

    def __init__(self) -> None:
        super().__init__()
        merged = VISION_WIDTH * MERGE * MERGE
        self.patch = nn.Linear(PATCH * PATCH, VISION_WIDTH, bias=False)
        self.vision = nn.ModuleList(
            Block(VISION_WIDTH, VISION_HIDDEN, causal=False, biased=True)
            for _ in range(VISION_BLOCKS)
        )
        self.norm_vision = nn.RMSNorm(VISION_WIDTH, eps=EPSILON)
        self.merge_in = nn.Linear(merged, merged)
        self.merge_out = nn.Linear(merged, TEXT_WIDTH)
        self.embedding = nn.Embedding(VOCABULARY, TEXT_WIDTH)
        self.text = nn.ModuleList(
            Block(TEXT_WIDTH, TEXT_HIDDEN, causal=True, biased=False) for _ in range(TEXT_BLOCKS)
        )
        self.norm_text = nn.RMSNorm(TEXT_WIDTH, eps=EPSILON)
        self.columns = nn.Linear(MERGE * VISION_WIDTH, FRAMES * (len(CHARACTERS) + 1))
        nn.init.normal_(self.embedding.weight, std=0.02)
        for name, turn in (("vision_turn", _vision_rotation()), ("text_turn", _text_rotation())):
            self.register_buffer(name + "_cos", turn.cos(), persistent=False)
            self.register_buffer(name + "_sin", turn.sin(), persistent=False)

    def seen(self, patches: Tensor) -> Tensor:
        """The vision tower: [batch, patches, VISION_WIDTH]."""
        x = self.patch(patches)
        for block in self.vision:
            x = block(x, (self.vision_turn_cos, self.vision_turn_sin))
        return self.norm_vision(x)

    def column_logits(self, seen: Tensor) -> Tensor:
        """The CTC head: [batch, COLUMNS * FRAMES, 1 + characters], blank first."""
        batch = seen.shape[0]
        pairs = seen.view(batch, COLUMNS // MERGE, MERGE, MERGE, VISION_WIDTH).transpose(2, 3)
        logits: Tensor = self.columns(pairs.reshape(batch, COLUMNS, MERGE * VISION_WIDTH))
        return logits.view(batch, COLUMNS * FRAMES, -1)

    def byte_logits(self, seen: Tensor, said: Tensor) -> Tensor:
        """The decoder: what follows the image, and each of the bytes `said` [batch, steps]."""
        batch = seen.shape[0]
        merged = self.merge_in(seen.view(batch, -1, VISION_WIDTH * MERGE * MERGE))
        image = self.merge_out(functional.gelu(merged, approximate="tanh"))
        before = self.embedding(said.new_tensor([[VISION_START]]).expand(batch, 1))
        after = said.new_tensor([[VISION_END, ANSWER]]).expand(batch, 2)
        x = torch.cat((before, image, self.embedding(torch.cat((after, said), 1))), 1)
        steps = x.shape[1]
        for block in self.text:
            x = block(x, (self.text_turn_cos[:steps], self.text_turn_sin[:steps]))
        return functional.linear(self.norm_text(x[:, -said.shape[1] - 1 :]), self.embedding.weight)


def patches_of(grids: Tensor) -> Tensor:
    """Grids of [batch, height, width] bytes as patches in the merger's order, white at zero."""
    x = (grids.float() / 255 - WHITE) / SPREAD
    x = x.view(-1, ROWS // MERGE, MERGE, PATCH, COLUMNS // MERGE, MERGE, PATCH)
    return x.permute(0, 1, 4, 2, 5, 3, 6).reshape(len(grids), ROWS * COLUMNS, PATCH * PATCH)


@torch.no_grad()
def read(model: LineReader, grids: Tensor, longest: int) -> list[str]:
    """Greedy decoding, without a cache: for checks between steps of the training."""
    seen = model.seen(patches_of(grids))
    said = torch.empty(len(grids), 0, dtype=torch.long, device=grids.device)
    for _ in range(longest + 1):
        said = torch.cat((said, model.byte_logits(seen, said)[:, -1:].argmax(-1)), 1)
    return [_until_end(row) for row in said.tolist()]


def _until_end(row: list[int]) -> str:
    said = row[: row.index(END)] if END in row else row
    return bytes(byte for byte in said if byte < 256).decode(errors="replace")


def _rotated(x: Tensor, rotation: Rotation) -> Tensor:
    cos, sin = rotation
    left, right = x.chunk(2, -1)
    return x * cos + torch.cat((-right, left), -1) * sin


def _vision_rotation() -> Tensor:
    """Angles [patches, HEAD]: half of the pairs turn with the row, half with the column."""
    speed = ROPE_BASE ** (-torch.arange(0, HEAD // 2, 2) / (HEAD // 2))
    row = torch.arange(ROWS)[:, None].expand(ROWS, COLUMNS)
    column = torch.arange(COLUMNS)[None].expand(ROWS, COLUMNS)
    angles = torch.cat([_merge_order(index)[:, None] * speed for index in (row, column)], -1)
    return torch.cat((angles, angles), -1)


def _merge_order(index: Tensor) -> Tensor:
    blocks = index.reshape(ROWS // MERGE, MERGE, COLUMNS // MERGE, MERGE)
    return blocks.permute(0, 2, 1, 3).reshape(-1).float()


def _text_rotation(longest: int = 160) -> Tensor:
    """Angles [steps, HEAD] of a start mark, the image, and what follows it.

    An image takes as many positions as its longer side has tokens.
    """
    rows, columns = ROWS // MERGE, COLUMNS // MERGE
    image = [(1, 1 + i // columns, 1 + i % columns) for i in range(rows * columns)]
    after = [(p, p, p) for p in range(1 + max(rows, columns), longest)]
    positions = torch.tensor([(0, 0, 0), *image, *after]).float()
    speed = ROPE_BASE ** (-torch.arange(0, HEAD, 2) / HEAD)
    section = torch.repeat_interleave(torch.arange(3), torch.tensor(ROPE_SECTIONS))
    angles = positions[:, section] * speed
    return torch.cat((angles, angles), -1)
