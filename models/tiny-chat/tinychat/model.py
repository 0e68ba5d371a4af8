"""Qwen2's architecture in PyTorch, at a size that a processor trains in a night."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from tinychat.tokens import SIZE

WIDTH, BLOCKS, HIDDEN = 256, 8, 576
HEADS, PAIRED_HEADS, HEAD = 8, 4, 32
EPSILON, ROPE_BASE = 1e-6, 1_000_000.0

Rotation = tuple[Tensor, Tensor]


class Block(nn.Module):
    """Grouped rotary attention with biases on its inputs, and a gated feed-forward."""

    def __init__(self) -> None:
        super().__init__()
        self.norm_attention = nn.RMSNorm(WIDTH, eps=EPSILON)
        self.norm_forward = nn.RMSNorm(WIDTH, eps=EPSILON)
        self.query = nn.Linear(WIDTH, HEADS * HEAD)
        self.key = nn.Linear(WIDTH, PAIRED_HEADS * HEAD)
        self.value = nn.Linear(WIDTH, PAIRED_HEADS * HEAD)
        self.out = nn.Linear(HEADS * HEAD, WIDTH, bias=False)
        self.gate = nn.Linear(WIDTH, HIDDEN, bias=False)
        self.up = nn.Linear(WIDTH, HIDDEN, bias=False)
        self.down = nn.Linear(HIDDEN, WIDTH, bias=False)

    def forward(self, x: Tensor, rotation: Rotation) -> Tensor:
        x = x + self._attended(self.norm_attention(x), rotation)
        y = self.norm_forward(x)
        return x + self.down(functional.silu(self.gate(y)) * self.up(y))

    def _attended(self, x: Tensor, rotation: Rotation) -> Tensor:
        query = _rotated(_heads(self.query(x), HEADS), rotation)
        key = _rotated(_heads(self.key(x), PAIRED_HEADS), rotation)
        value = _heads(self.value(x), PAIRED_HEADS)
        key, value = (part.repeat_interleave(HEADS // PAIRED_HEADS, 1) for part in (key, value))
        # Written out: PyTorch's own kernel takes three times as long on short rows.
        scores = (query / HEAD**0.5) @ key.transpose(2, 3)
        scores = scores + torch.full_like(scores[0, 0], -1e4).triu(1)
        with torch.autocast(x.device.type, enabled=False):
            mixed = scores.softmax(-1) @ value.to(scores.dtype)
        mixed = mixed.transpose(1, 2).reshape(*x.shape[:2], -1)
        result: Tensor = self.out(mixed)
        return result


class Chat(nn.Module):
    """Token ids [batch, steps] and their positions to states [batch, steps, WIDTH]."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(SIZE, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.norm = nn.RMSNorm(WIDTH, eps=EPSILON)
        nn.init.normal_(self.embedding.weight, std=0.06)
        for block in self.blocks:
            for name in ("out", "down"):
                nn.init.normal_(getattr(block, name).weight, std=0.02 / (2 * BLOCKS) ** 0.5)
        wire_copying(self.blocks[0], self.blocks[1])

    def forward(self, ids: Tensor, positions: Tensor) -> Tensor:
        x = self.embedding(ids)
        rotation = _rotation(positions, torch.get_autocast_dtype("cpu"))
        for block in self.blocks:
            x = block(x, rotation)
        states: Tensor = self.norm(x)
        return states

    def logits(self, states: Tensor) -> Tensor:
        """The next token's: the embedding is used both ways."""
        return functional.linear(states, self.embedding.weight)


@torch.no_grad()
def wire_copying(first: Block, second: Block) -> None:
    """Begin with what copying needs, which small models find late by themselves.

    Two heads of the first block look one and two tokens back; heads of the second look for a
    token that came after the one at hand, and say it again. All of it goes on learning.
    """
    seen, told = _directions(), _directions()
    speed = ROPE_BASE ** (-torch.arange(0, HEAD, 2) / HEAD)
    fast = (torch.arange(HEAD // 2) < 5).float() * 4.0
    first.key.weight[:HEAD] *= 0.05
    first.key.bias[:HEAD] = torch.cat((fast, torch.zeros(HEAD // 2)))
    first.value.weight[:HEAD] = seen
    for head, back in enumerate((1, 2)):
        rows = slice(head * HEAD, (head + 1) * HEAD)
        first.query.weight[rows] *= 0.05
        turned = (fast * (speed * back).cos(), -fast * (speed * back).sin())
        first.query.bias[rows] = torch.cat(turned)
    first.out.weight[:, :HEAD] = 0.2 * told.T
    half = HEAD // 4
    for pair in range(2):
        rows = slice(pair * 2 * half, (pair + 1) * 2 * half)
        slow = [pair * HEAD + i for i in (*range(half, 2 * half), *range(3 * half, 4 * half))]
        second.key.weight[pair * HEAD : (pair + 1) * HEAD] *= 0.1
        second.key.weight[slow] = 1.6 * told[rows]
        copied = _directions()
        second.value.weight[pair * HEAD : (pair + 1) * HEAD] = copied
        for head in (2 * pair, 2 * pair + 1):
            columns = slice(head * HEAD, (head + 1) * HEAD)
            second.query.weight[columns] *= 0.1
            second.query.weight[[i + (head - pair) * HEAD for i in slow]] = 1.6 * seen[rows]
            second.out.weight[:, columns] = 0.6 * copied.T


def _directions() -> Tensor:
    """HEAD directions of the model's width, at right angles."""
    return nn.init.orthogonal_(torch.empty(HEAD, WIDTH))


def _heads(x: Tensor, count: int) -> Tensor:
    return x.view(*x.shape[:2], count, HEAD).transpose(1, 2)


def _rotation(positions: Tensor, kind: torch.dtype) -> Rotation:
    speed = ROPE_BASE ** (-torch.arange(0, HEAD, 2, device=positions.device) / HEAD)
    angles = (positions[..., None] * speed)[:, None]
    angles = torch.cat((angles, angles), -1)
    if not torch.is_autocast_enabled("cpu"):
        kind = torch.float32
    return angles.cos().to(kind), angles.sin().to(kind)


def _rotated(x: Tensor, rotation: Rotation) -> Tensor:
    cos, sin = rotation
    left, right = x.chunk(2, -1)
    return x * cos + torch.cat((-right, left), -1) * sin
