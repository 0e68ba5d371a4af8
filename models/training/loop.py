"""The run of a training: learn, save, judge, report."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from training.checkpoint import Run

Entry = dict[str, Any]
"""What is measured at a step: a line of the curve."""


def parser(description: str | None, name: str, steps: int) -> argparse.ArgumentParser:
    """The options that every training has; `steps` is how many it takes unless told."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--checkpoint", type=Path, default=Path(f"{name}.pt"))
    made.add_argument("--curve", type=Path, help="instead of `.curve.jsonl` by the checkpoint")
    made.add_argument("--steps", type=int, default=steps)
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--threads", type=int, default=1)
    return made


def train(
    run: Run[Any],
    options: argparse.Namespace,
    learn: Callable[[], Entry],
    judge: Callable[[], Entry],
    every: int,
) -> None:
    """Learn until `options.steps`, from the checkpoint on if there is one.

    `learn` takes any number of steps; then the checkpoint is written and a line added to the
    curve, with what `judge` finds after each `every` steps and at the end. A run that begins anew
    begins its curve anew.
    """
    curve = options.curve or options.checkpoint.with_suffix(".curve.jsonl")
    if options.checkpoint.exists():
        run.load(options.checkpoint)
    else:
        curve.unlink(missing_ok=True)
    started = time.monotonic() - run.seconds
    while run.step < options.steps:
        before = run.step
        entry = learn()
        run.seconds = time.monotonic() - started
        run.save(options.checkpoint)
        if run.step // every > before // every or run.step >= options.steps:
            entry |= judge()
        _report(curve, {"step": run.step, "seconds": round(run.seconds), **entry})


def _report(curve: Path, entry: Entry) -> None:
    line = json.dumps(entry)
    print(line, flush=True)
    with curve.open("a") as file:
        file.write(line + "\n")
