"""What azrun itself takes: CPU for each generated token, memory beside the model's own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import random_models
from azrun_server import azrun_models
from llama_server import BUILT, Running, Settings
from measure import NotMeasured, Row, alone
from processes import cpu_seconds, resident_mb
from workloads import tokens_a_second

STREAMS, TOKENS, PROMPT, CONTEXT = 32, 256, 67, 512
ROUNDS = 5


async def cpu() -> list[Row]:
    """Everything's CPU time at 32 streams of a tiny model, less that of llama.cpp's decodes."""
    settings = Settings(random_models.chat(random_models.TINY), 1, STREAMS, CONTEXT)
    ours, theirs = [], []
    with azrun_models(settings) as azrun, BUILT.serve(settings, False) as peer:
        for _ in range(ROUNDS + 1):
            decoding = _alone(settings.gguf)["microseconds"]
            ours.append(await _microseconds(azrun) - decoding)
            theirs.append(await _microseconds(peer) - decoding)
    row = alone("CPU beside llama.cpp's, for each token at 32 streams", 120, ours[1:], "µs")
    peers = alone("the same", 120, theirs[1:], "µs").ours
    return [Row(row.what, BUILT.name, row.bar, row.ours, peers, "–", row.met)]


async def _microseconds(side: Running) -> float:
    before = cpu_seconds(side.processes)
    await tokens_a_second(side.target, STREAMS, TOKENS)
    return (cpu_seconds(side.processes) - before) / (STREAMS * TOKENS) * 1e6


async def memory() -> list[Row]:
    """The resident memory of a worker that has served 32 streams, and of the host."""
    gguf = random_models.chat(random_models.CHAT)
    own = _alone(gguf)["mb"]
    with azrun_models(Settings(gguf, 1, STREAMS, CONTEXT)) as azrun:
        await tokens_a_second(azrun.target, STREAMS, 64)
        host, worker = (resident_mb(process) for process in azrun.processes)
    return [
        alone(f"a worker's memory beside its model's {own:.0f} MB", 150, [worker - own], "MB"),
        Row("the host's memory", "–", "–", f"{host:.0f} MB", "–", "–", None),
    ]


def _alone(gguf: Path) -> dict[str, float]:
    asked = {"gguf": str(gguf), "context": CONTEXT, "slots": STREAMS, "prompt": PROMPT}
    command = [sys.executable, "model_alone.py", json.dumps(asked | {"tokens": TOKENS})]
    run = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True)
    if run.returncode:
        raise NotMeasured(f"the model alone: {run.stderr.strip()[-200:]}")
    found: dict[str, float] = json.loads(run.stdout)
    return found


ROWS: dict[str, Callable[[], Any]] = {"cpu": cpu, "memory": memory}
