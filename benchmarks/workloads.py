"""What a server is asked to do, and the one number that comes out."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from itertools import count, pairwise

from random_models import words
from streams import Answer, Target, chat, together

PROMPT, SHARED, LONG = 1000, 950, 2000
BACKGROUND, ARRIVALS = 8, 3
FIRST = 4  # tokens: the first may be a part of a character, and no text
INPUTS, INPUT_WORDS = 32, 24
_WORDS = words(2000)
_numbers = count()


def text(tokens: int, seed: str = "") -> str:
    """Words of so many letters and spaces: each is a token to the random models."""
    chosen = random.Random(seed or str(next(_numbers)))
    made = ""
    while len(made) < tokens:
        made += chosen.choice(_WORDS) + " "
    return made[:tokens]


async def tokens_a_second(target: Target, streams: int, max_tokens: int) -> float:
    """Of so many streams that begin together, until the last has ended."""
    started = time.perf_counter()
    await together(target, [text(48) for _ in range(streams)], max_tokens)
    return streams * max_tokens / (time.perf_counter() - started)


async def first_token(target: Target) -> float:
    """Milliseconds to the first token of a prompt most of which was asked before."""
    shared = text(SHARED, "shared")
    (answer,) = await together(target, [shared + text(PROMPT - SHARED)], 8)
    cached = answer.cached()
    assert cached == 0 or cached >= SHARED, f"{cached} tokens came from the cache"
    return answer.first_token()


async def long_prompts(target: Target) -> tuple[float, float]:
    """Streams run while one long prompt after the other is read: the 99th percentile of what
    passes between two of their tokens, and the median wait of those prompts; milliseconds."""
    running = [chat(target, text(48), 2000) for _ in range(BACKGROUND)]
    tasks = [asyncio.create_task(target.send(answer)) for answer in running]
    await asyncio.gather(*(answer.begun.wait() for answer in running))
    begin, waits = time.perf_counter(), []
    for _ in range(ARRIVALS):
        (answer,) = await together(target, [text(LONG)], FIRST)
        waits.append(answer.first_token())
    end = time.perf_counter()
    assert not any(task.done() for task in tasks), "the streams ended too early"
    for answer in running:
        answer.leave()
    await asyncio.gather(*tasks)
    gaps = _gaps(running, begin, end)
    return statistics.quantiles(gaps, n=100)[98], statistics.median(waits)


def _gaps(answers: list[Answer], begin: float, end: float) -> list[float]:
    return [
        (after - before) * 1e3
        for answer in answers
        for before, after in pairwise(answer.arrivals)
        if after > begin and before < end
    ]


async def embeddings_a_second(target: Target, encoding: str) -> float:
    inputs = [" ".join(random.choices(_WORDS, k=INPUT_WORDS)) for _ in range(INPUTS)]
    body = {"input": inputs, "encoding_format": encoding}
    answer = await target.send(Answer(target.request("/embeddings", body)))
    answer.check()
    return INPUTS / (answer.ended - answer.sent)
