"""BERT as llama.cpp runs it: norms after the blocks, GELU by its tanh, token type 0 throughout."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional
from wordpiece import PIECES

WIDTH, BLOCKS, HEADS, HIDDEN = 256, 3, 8, 768
CONTEXT = 2048
EPSILON = 1e-12


class Block(nn.Module):
    """Attention and a feed-forward layer, each added and then normalised."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.norm_attention = nn.LayerNorm(WIDTH, EPSILON)
        self.up = nn.Linear(WIDTH, HIDDEN)
        self.down = nn.Linear(HIDDEN, WIDTH)
        self.norm_forward = nn.LayerNorm(WIDTH, EPSILON)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        batch, length, _ = x.shape
        q, k, v = self.qkv(x).view(batch, length, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        # Written out: for texts this short PyTorch's fused kernel is many times slower on a CPU.
        scores = (q @ k.transpose(2, 3)) * (WIDTH // HEADS) ** -0.5
        scores = scores.masked_fill(~mask[:, None, None], -1e4)
        seen = scores.softmax(-1).to(v.dtype) @ v
        seen = self.out(seen.transpose(1, 2).reshape(batch, length, WIDTH))
        x = self.norm_attention(x + seen)
        forward = self.down(functional.gelu(self.up(x), approximate="tanh"))
        return self.norm_forward(x + forward)


class Encoder(nn.Module):
    """Token ids [batch, length], padded with 0, to a state for each after every block, and before
    the first: [batch, length, WIDTH] each.

    Positions are fixed waves with a learned strength, so that texts longer than any of the
    training keep their meaning.
    """

    def __init__(self, blocks: int = BLOCKS) -> None:
        super().__init__()
        self.tokens = nn.Embedding(PIECES, WIDTH)
        self.kind = nn.Parameter(torch.zeros(WIDTH))
        self.strength = nn.Parameter(torch.tensor(0.3))
        self.register_buffer("waves", waves(), persistent=False)
        self.norm = nn.LayerNorm(WIDTH, EPSILON)
        self.blocks = nn.ModuleList(Block() for _ in range(blocks))
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=0.04)
                nn.init.zeros_(module.bias)
        nn.init.normal_(self.tokens.weight, std=0.5)

    def forward(self, ids: Tensor) -> list[Tensor]:
        mask = ids != 0
        x = self.tokens(ids) + self.kind + self.strength * self.waves[: ids.shape[1]]
        states = [self.norm(x)]
        for block in self.blocks:
            states.append(block(states[-1], mask))
        return states

    def positions(self) -> Tensor:
        """What is added at each position: [CONTEXT, WIDTH]."""
        return self.strength.detach() * self.waves

    def pooled(self, ids: Tensor) -> Tensor:
        """The mean state of each text: [batch, WIDTH]."""
        mask = (ids != 0).unsqueeze(-1)
        return (self(ids)[-1].float() * mask).sum(1) / mask.sum(1)


def waves() -> Tensor:
    """Sines and cosines of lengths from 2 pi to 2 pi thousand: [CONTEXT, WIDTH]."""
    at = torch.arange(CONTEXT)[:, None]
    turns = at * torch.exp(torch.arange(0, WIDTH, 2) * (-math.log(1000.0) / WIDTH))
    return torch.stack((turns.sin(), turns.cos()), -1).flatten(1)


def batches(rows: list[list[int]], size: int) -> tuple[list[Tensor], Tensor]:
    """Rows of like length padded together, `size` at a time, and where each row then stands."""
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    parts = [order[at : at + size] for at in range(0, len(rows), size)]
    return [padded([rows[i] for i in part]) for part in parts], torch.tensor(order).argsort()


def padded(rows: list[list[int]]) -> Tensor:
    """Rows of ids as one tensor, filled up with 0."""
    longest = max(map(len, rows))
    return torch.tensor([row + [0] * (longest - len(row)) for row in rows])
