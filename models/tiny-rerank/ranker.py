"""A cross-encoder as llama.cpp runs it: the state of [CLS], a tanh layer, one number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import sources  # noqa: F401
import torch
from model import CONTEXT, WIDTH, Encoder, batches
from torch import Tensor, nn
from torch.nn import functional
from wordpiece import CLS, SEP, tokenizer

BLOCKS, PARTS = 6, 4
LIKENESS = 1.3
"""How sharply the first block's heads look for like words."""
SHARPNESS = 12.0
ASPECTS = 3
"""What a document can share with what is asked: the thing, its attribute, its qualifier."""
BLOCK = re.compile(r"^blocks\.(\d+)\.")


@dataclass(frozen=True)
class Judgement:
    """A logit for each pair, one for each of its aspects, another for how near the two sides'
    mean states are, and how far the hints were missed (0 where nobody asked)."""

    logits: Tensor
    aspects: Tensor
    nearness: Tensor
    missed: Tensor


class Ranker(nn.Module):
    """How well a document answers a query: one logit a pair.

    Hints help it to learn, and are not exported: after the first block each token is asked which
    side it stands on (llama.cpp has no token types to tell it), after the first and second how
    near the nearest word of the other side is; before the last block the mean states of the two
    sides are to be near each other where one answers the other; and at the end [CLS] is asked
    which aspects the two share.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder(BLOCKS)
        self.dense = nn.Linear(WIDTH, WIDTH)
        self.out = nn.Linear(WIDTH, 1)
        self.shared = nn.Linear(WIDTH, ASPECTS)
        self.meeting = nn.Linear(WIDTH, WIDTH // 2, bias=False)
        self.side = nn.Linear(WIDTH, 1)
        self.match = nn.ModuleList(nn.Linear(WIDTH, 1) for _ in range(2))

    @torch.no_grad()
    def begin_with(self, state: Mapping[str, Tensor]) -> None:
        """Take over tiny-embed's encoder, between new blocks that change nothing yet: one before
        and two behind.

        Half of the first one's heads already look for words like their own, which is what most
        of the learning would otherwise be spent on.
        """
        moved = {BLOCK.sub(lambda m: f"blocks.{int(m[1]) + 1}.", key): value
                 for key, value in state.items()}  # fmt: skip
        self.encoder.load_state_dict(moved, strict=False)
        first, *_, before, last, very_last = self.encoder.blocks
        behind = before.norm_forward
        alike = torch.linalg.qr(torch.randn(WIDTH, WIDTH // 2))[0].T
        first.qkv.weight[: WIDTH // 2] = alike * LIKENESS
        first.qkv.weight[WIDTH : WIDTH + WIDTH // 2] = alike * LIKENESS
        for block, norm in ((first, self.encoder.norm), (last, behind), (very_last, behind)):
            nn.init.zeros_(block.out.weight)
            nn.init.zeros_(block.down.weight)
            block.norm_forward.load_state_dict(norm.state_dict())

    def forward(self, ids: Tensor, *, hints: bool = False) -> Judgement:
        states = self.encoder(ids)
        head = states[-1][:, 0]
        found = self.out(torch.tanh(self.dense(head))).squeeze(-1).float()
        missed = self._missed(ids, states) if hints else found.new_zeros(())
        return Judgement(found, self.shared(head).float(), self._nearness(ids, states[-2]), missed)

    def _nearness(self, ids: Tensor, states: Tensor) -> Tensor:
        """A logit from the cosine of what `meeting` sees of the two sides' mean states."""
        second = _second(ids)
        sides = [_mean(states, (ids > SEP) & side) for side in (~second, second)]
        with torch.autocast(ids.device.type, enabled=False):
            one, two = (self.meeting(side) for side in sides)
        return SHARPNESS * functional.cosine_similarity(one, two)

    def _missed(self, ids: Tensor, states: list[Tensor]) -> Tensor:
        second = _second(ids)
        told = functional.binary_cross_entropy_with_logits(
            self.side(states[1]).squeeze(-1).float()[ids != 0], second[ids != 0].float()
        )
        wanted = self._nearest(ids, second)
        real = ids > SEP
        for place, head in enumerate(self.match):
            guess = head(states[1 + place]).squeeze(-1).float()
            told = told + 4 * functional.mse_loss(guess[real], wanted[real])
        return told

    @torch.no_grad()
    def _nearest(self, ids: Tensor, second: Tensor) -> Tensor:
        """The cosine of each word's nearest one on the other side: [batch, length]."""
        words = functional.normalize(self.encoder.tokens(ids).float(), dim=-1)
        near = words @ words.transpose(1, 2)
        other = (second[:, :, None] != second[:, None]) & (ids > SEP)[:, None]
        return near.masked_fill(~other, -1).amax(-1)


def _second(ids: Tensor) -> Tensor:
    """Which tokens stand behind the first [SEP]."""
    return ((ids == SEP).cumsum(1) - (ids == SEP).int()) > 0


def _mean(states: Tensor, chosen: Tensor) -> Tensor:
    """The mean of the chosen tokens' states: [batch, WIDTH]."""
    chosen = chosen[..., None]
    return (states.float() * chosen).sum(1) / chosen.sum(1).clamp(min=1)


def ids_of(query: str, document: str) -> list[int]:
    """A pair's ids as llama.cpp feeds them: all of one kind, parted by [SEP]."""
    asked = tokenizer()(query)
    return [CLS, *asked, SEP, *tokenizer()(document), SEP][:CONTEXT]


def judged(model: Ranker, pairs: list[tuple[str, str]], *, hints: bool = False) -> Judgement:
    """A logit for each pair, those of like length side by side."""
    device = next(model.parameters()).device
    rows = [ids_of(*pair) for pair in pairs]
    parts, back = batches(rows, -(-len(rows) // PARTS))
    found = [model(part.to(device), hints=hints) for part in parts]
    logits, aspects, nearness = (
        torch.cat([getattr(part, name) for part in found])[back.to(device)]
        for name in ("logits", "aspects", "nearness")
    )
    return Judgement(logits, aspects, nearness, torch.stack([part.missed for part in found]).mean())
