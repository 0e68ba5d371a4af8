"""Train tiny-ocr from nothing: `python models/tiny-ocr/train.py --checkpoint tiny-ocr.pt`.

Run again with the same checkpoint, it goes on where it stopped. The vision tower learns
alone at first, under a CTC loss; the decoder joins once the eye can see.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
import shared  # noqa: F401
import torch
from exam import edits, evaluation_strips
from lessons import PAIRS, Pairs, lessons
from model import END, LineReader, patches_of, read
from pages import Grids
from text import CHARACTERS
from torch import Tensor
from torch.nn import functional
from training.checkpoint import Run
from training.loop import Entry, parser, train
from training.schedule import Schedule

BATCH, PASSES = 64, 2
CHUNK_STEPS = PAIRS * PASSES // BATCH
SCHEDULE = Schedule(warm_up=200, decay=0.4, matrix=2e-3, other=1.5e-3)
SLIPS = 0.05
"""How often the decoder is shown a wrong byte as its own last one, to learn to go on."""


def begin(seed: int, device: str) -> Run[LineReader]:
    """A fresh model."""
    torch.manual_seed(seed)
    model = LineReader().to(device)
    return Run(model, SCHEDULE.optimizers(model, (model.vision, model.text)))


def losses(
    model: LineReader, grids: Tensor, lines: list[str], *, decoder: bool
) -> tuple[Tensor, Tensor]:
    """The CTC loss of the columns and the cross-entropy of the bytes (0 without the decoder)."""
    seen = model.seen(patches_of(grids))
    logits = model.column_logits(seen).float().log_softmax(-1).transpose(0, 1)
    labels = torch.tensor([1 + CHARACTERS.index(char) for line in lines for char in line])
    frames = torch.full((len(lines),), logits.shape[0])
    lengths = torch.tensor([len(line) for line in lines])
    columns = functional.ctc_loss(
        logits, labels.to(grids.device), frames, lengths, zero_infinity=True
    )
    if not decoder:
        return columns, torch.zeros(())
    wanted = _bytes(lines).to(grids.device)
    slips = torch.rand(wanted.shape, device=grids.device) < SLIPS
    said = torch.where(slips, torch.randint_like(wanted, 32, 127), wanted.clamp(min=0))
    answers = model.byte_logits(seen, said[:, :-1]).float()
    return columns, functional.cross_entropy(
        answers.flatten(0, 1), wanted.flatten(), ignore_index=-100
    )


def _bytes(lines: list[str]) -> Tensor:
    """[lines, longest + 1]: each line's bytes and its end, then -100."""
    rows = [torch.tensor([*line.encode(), END]) for line in lines]
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=-100)


def learn(run: Run[LineReader], source: Iterator[Pairs], options: argparse.Namespace) -> Entry:
    """Every pair of a lesson, PASSES times; the mean losses."""
    grids, lines = next(source)
    device = next(run.model.parameters()).device
    order = np.concatenate(
        [np.random.default_rng((run.step, i)).permutation(len(lines)) for i in range(PASSES)]
    )
    torch.manual_seed(run.step)
    sums, decoder = np.zeros(2), run.step >= options.eye_steps
    for picked in order.reshape(-1, BATCH):
        with torch.autocast(device.type, torch.bfloat16):
            batch = torch.from_numpy(grids[picked]).to(device)
            ctc, text = losses(run.model, batch, [lines[i] for i in picked], decoder=decoder)
        loss = (0.3 if decoder else 1.0) * ctc + text
        run.descend(loss, SCHEDULE.rates(run.step, options.steps))
        sums += ctc.item(), text.item()
    return dict(zip(("ctc", "text"), (sums / len(order) * BATCH).round(4).tolist(), strict=True))


@torch.no_grad()
def judge(run: Run[LineReader], grids: Grids, lines: list[str], *, decoder: bool) -> Entry:
    """Character error rates on unseen fonts and words: the eye's, and the decoder's."""
    model, pages = run.model, torch.from_numpy(grids).to(next(run.model.parameters()).device)
    best = model.column_logits(model.seen(patches_of(pages))).argmax(-1).tolist()
    total = sum(map(len, lines))
    found = {"eye_errors": sum(map(edits, map(_collapsed, best), lines)) / total}
    if decoder:
        texts = read(model, pages, max(len(line.encode()) for line in lines) + 8)
        found["errors"] = sum(map(edits, texts, lines)) / total
        found["exact"] = sum(map(str.__eq__, texts, lines)) / len(lines)
    return {name: round(value, 4) for name, value in found.items()}


def _collapsed(frames: list[int]) -> str:
    starts = (f for f, before in zip(frames, [0, *frames], strict=False) if f and f != before)
    return "".join(CHARACTERS[f - 1] for f in starts)


def main() -> None:
    options = _options()
    torch.set_num_threads(options.threads)
    run = begin(options.seed, "cuda" if torch.cuda.is_available() else "cpu")
    if options.checkpoint.exists():
        run.load(options.checkpoint)
    test = evaluation_strips("validation", 200)
    source = lessons(options.seed, run.step // CHUNK_STEPS, options.workers)
    train(
        run,
        options,
        learn=lambda: learn(run, source, options),
        judge=lambda: judge(run, *test, decoder=run.step > options.eye_steps),
        every=4 * CHUNK_STEPS,
    )


def _options() -> argparse.Namespace:
    made = parser(__doc__, "tiny-ocr", steps=6_144)
    made.set_defaults(threads=2)
    made.add_argument("--eye-steps", type=int, default=1_280, help="steps without the decoder")
    made.add_argument("--workers", type=int, default=1, help="processes that print pages")
    return made.parse_args()


if __name__ == "__main__":
    main()
