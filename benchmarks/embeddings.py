"""Embeddings a second, azrun and llama-server in turn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import random_models
from azrun_server import azrun_models
from generation import in_turn
from llama_server import BUILT, PACKAGED, Peer, Settings
from measure import Row, at_least
from workloads import INPUTS, embeddings_a_second

ROUNDS, CONTEXT = 15, 512


async def embeddings(peer: Peer = BUILT) -> list[Row]:
    """One request of 32 inputs at a time, answered as floats and as base64."""
    settings = Settings(
        random_models.embed(random_models.EMBED), 1, INPUTS, CONTEXT, embedding=True
    )
    rows = []
    with azrun_models(settings) as ours, peer.serve(settings, False) as theirs:
        running = {"azrun": ours, "peer": theirs}
        for encoding in ("float", "base64"):
            measure = partial(embeddings_a_second, encoding=encoding)
            values = await in_turn(running, measure, ROUNDS)
            what = f"embeddings a second, {INPUTS} at a time, as {encoding}"
            rows.append(
                at_least(what, peer.name, 1.0, values["azrun"], values["peer"], "vectors/s")
            )
    return rows


ROWS: dict[str, Callable[[], Any]] = {
    "embeddings": embeddings,
    "embeddings-xllamacpp": partial(embeddings, PACKAGED),
}
