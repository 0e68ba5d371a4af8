"""Runs in a process of its own: a model and its context as azrun's worker opens them, and nothing
else of azrun's. Prints the memory that they take, and the time that a generated token takes inside
llama.cpp, for settings given as JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

from azrun.inference.types import ModelSettings
from azrun.inference.worker.engine.context import Context
from azrun.inference.worker.engine.shape import generating
from azrun.inference.worker.logs import Logs
from azrun.inference.worker.model import Model
from processes import resident_mb


def generate(context: Context, streams: int, prompt: int, tokens: int) -> float:
    """Microseconds of CPU for each token; the prompts' share is in it."""
    random = np.random.default_rng(0)
    started = time.process_time()
    for sequence in range(streams):
        context.start()
        context.add(sequence, random.integers(300, 2000, prompt), np.arange(prompt))
        assert context.decode() == 0
    for position in range(prompt, prompt + tokens - 1):
        context.start()
        for sequence in range(streams):
            context.add(sequence, [300 + sequence], [position])
        assert context.decode() == 0
    return (time.process_time() - started) / streams / tokens * 1e6


def main(gguf: str, context: int, slots: int, prompt: int, tokens: int) -> None:
    logs = Logs()
    before = resident_mb(os.getpid())
    model = Model(Path(gguf), logs)
    settings = ModelSettings(Path(gguf), context=context, slots=slots, threads=1)
    opened = Context(model, generating(model, settings))
    microseconds = generate(opened, slots, prompt, tokens)
    print(json.dumps({"mb": resident_mb(os.getpid()) - before, "microseconds": microseconds}))


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
