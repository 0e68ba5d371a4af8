"""Judge the model end to end, through a running azrun: sentences and questions it never saw.

`python models/tiny-embed/evaluate.py --url http://127.0.0.1:3333/v1`: the function behind the
address calls `Azion.AI.run`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import shared  # noqa: F401
from asking import TOGETHER, Embed, embedder, unit
from exam import everyday_passages, everyday_trials, library, trials
from training.tables import by_group, share


def judged(embed: Embed, count: int, seed: str = "evaluation") -> dict[str, float]:
    """Paraphrases told from strangers, and passages found by their questions: shares of one."""
    return paraphrases(embed, count, seed)["all"] | retrieval(embed, count, seed)["all"]


def paraphrases(embed: Embed, count: int, seed: str = "evaluation") -> dict[str, dict[str, float]]:
    """How often a paraphrase is nearer than an unrelated sentence, by languages."""
    tried = trials(count, seed)
    first, same, stranger = (
        unit(embed([getattr(trial, name) for trial in tried]))
        for name in ("first", "same", "unrelated")
    )
    right = (first * same).sum(1) > (first * stranger).sum(1)
    return _by_subset([trial.subset for trial in tried], {"paraphrase": right})


def retrieval(embed: Embed, count: int, seed: str = "evaluation") -> dict[str, dict[str, float]]:
    """How often the right one of 1,000 passages is among the first, by languages."""
    questions, passages = library(1000, seed)
    questions = questions[:count]
    near = unit(embed([q.text for q in questions])) @ unit(embed(passages)).T
    right = near[np.arange(len(questions)), [q.right for q in questions]]
    before = (near >= right[:, None]).sum(1) - 1
    found = {f"recall@{k}": before < k for k in (1, 5, 20)}
    return _by_subset([q.subset for q in questions], found)


def everyday(embed: Embed) -> dict[str, float]:
    """Sentences that no template made: each pair's second one among those of all its subset."""
    tried, asked = everyday_trials(), everyday_passages()
    near = unit(embed([t.first for t in tried])) @ unit(embed([t.same for t in tried])).T
    strangers = np.array([[a.subset == b.subset for b in tried] for a in tried])
    np.fill_diagonal(strangers, False)
    told = (near.diagonal()[:, None] > near)[strangers]
    nearest = np.where(strangers, near, -1).max(1) < near.diagonal()
    found = unit(embed([q for q, _ in asked])) @ unit(embed([text for _, text in asked])).T
    before = (found >= found.diagonal()[:, None]).sum(1) - 1
    return _rounded(
        {
            "paraphrase": told.mean(),
            "nearest": nearest.mean(),
            "passage_first_of_30": (before == 0).mean(),
            "passage_in_5_of_30": (before < 5).mean(),
        }
    )


def speed(url: str, model: str, count: int) -> float:
    """Short texts a second, in requests of TOGETHER texts."""
    embed, texts = embedder(url, model), [trial.first for trial in trials(count, "speed")]
    embed(texts[:TOGETHER])
    began = time.monotonic()
    embed(texts)
    return count / (time.monotonic() - began)


def _by_subset(subsets: Sequence[str], found: dict[str, Any]) -> dict[str, dict[str, float]]:
    """The mean of each row of marks, over all and over each subset."""
    every = range(len(subsets))
    places = {"all": list(every), **by_group(every, subsets.__getitem__)}
    return {
        subset: {name: share(marks[chosen]) for name, marks in found.items()}
        for subset, chosen in places.items()
    }


def _rounded(values: dict[str, Any]) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in values.items()}


def main() -> None:
    options = _options()
    embed = embedder(options.url, options.model)
    report = {
        "paraphrases": paraphrases(embed, options.count),
        "retrieval": retrieval(embed, options.count),
        "everyday": everyday(embed),
        "texts_a_second": round(speed(options.url, options.model, 1024)),
    }
    print(json.dumps(report, indent=2))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:3333/v1")
    parser.add_argument("--model", default="Qwen/Qwen3-Embedding-4B")
    parser.add_argument("--count", type=int, default=1000, help="trials and questions")
    return parser.parse_args()


if __name__ == "__main__":
    main()
