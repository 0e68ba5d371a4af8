"""Rows of models that write: azrun and llama-server in turn, over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from statistics import median
from typing import Any, TypeVar

import random_models
from azrun_server import azrun_models
from llama_server import BUILT, PACKAGED, Peer, Running, Settings
from measure import Row, at_least, at_most
from streams import Target
from workloads import first_token, long_prompts, tokens_a_second

TOKENS = {1: 128, 4: 128, 16: 64, 32: 48}
BARS = {1: 0.97, 4: 1.0, 16: 1.0, 32: 1.0}
TURNS = {1: 11, 4: 7, 16: 5, 32: 5}
ROUNDS = 3
SLOTS, CONTEXT = 32, 512
LAYOUTS = {"KV cache split": False, "KV cache unified": True}

T = TypeVar("T")


@contextmanager
def sides(settings: Settings, peer: Peer) -> Iterator[dict[str, Running]]:
    """azrun, and the peer in both layouts of its KV cache; who is not asked rests."""
    with ExitStack() as stack:
        running = {"azrun": stack.enter_context(azrun_models(settings))}
        for layout, unified in LAYOUTS.items():
            running[layout] = stack.enter_context(peer.serve(settings, unified))
        yield running


async def in_turn(
    running: dict[str, Running], measure: Callable[[Target], Awaitable[T]], rounds: int
) -> dict[str, list[T]]:
    """The values of each side; a first round warms up and does not count."""
    values: dict[str, list[T]] = {name: [] for name in running}
    for _ in range(rounds + 1):
        for name, side in running.items():
            values[name].append(await measure(side.target))
    return {name: found[1:] for name, found in values.items()}


def _better(values: dict[str, list[float]], best: Callable[..., str]) -> str:
    """The peer's better layout."""
    return best(LAYOUTS, key=lambda name: median(values[name]))


async def streams(
    shape: random_models.Shape = random_models.CHAT, threads: int = 1, peer: Peer = BUILT
) -> list[Row]:
    """Tokens a second of streams that begin together."""
    rows = []
    with sides(Settings(random_models.chat(shape), threads, SLOTS, CONTEXT), peer) as running:
        for number, tokens in TOKENS.items():
            measure = partial(tokens_a_second, streams=number, max_tokens=tokens)
            values = await in_turn(running, measure, TURNS[number])
            layout = _better(values, max)
            what = f"tokens a second, {number} at once, {shape.label}, threads: {threads}"
            against, bar = f"{peer.name}, {layout}", BARS[number]
            rows.append(at_least(what, against, bar, values["azrun"], values[layout], "tokens/s"))
    return rows


def _long() -> Settings:
    return Settings(random_models.chat(random_models.CHAT), 1, 12, 3072)


async def first() -> list[Row]:
    """Time to the first token where 950 of 1,000 were asked before."""
    with sides(_long(), BUILT) as running:
        values = await in_turn(running, first_token, ROUNDS)
    layout = _better(values, min)
    what = "time to first token, 950 of 1,000 prompt tokens asked before"
    return [at_most(what, f"{BUILT.name}, {layout}", 1.0, values["azrun"], values[layout])]


async def gaps() -> list[Row]:
    """The 99th percentile of the gap between tokens while long prompts arrive, and what those
    prompts wait."""
    with sides(_long(), BUILT) as running:
        both = await in_turn(running, long_prompts, ROUNDS)
    gap, wait = ({name: [pair[at] for pair in both[name]] for name in both} for at in (0, 1))
    layout = _better(gap, min)
    peer = f"{BUILT.name}, {layout}"
    what = "99th percentile of the gap between tokens while 2,000-token prompts arrive"
    waits = at_most("first token of those prompts", peer, 1.0, wait["azrun"], wait[layout])
    return [
        at_most(what, peer, 1.0, gap["azrun"], gap[layout]), replace(waits, bar="–", met=None)
    ]  # fmt: skip


ROWS: dict[str, Callable[[], Any]] = {
    "streams": streams,
    "streams-xllamacpp": partial(streams, peer=PACKAGED),
    "streams-tiny": partial(streams, random_models.TINY),
    "first": first,
    "gaps": gaps,
}
