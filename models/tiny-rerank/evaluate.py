"""Judge the model end to end, through a running azrun, on what tiny-embed found.

`python models/tiny-rerank/evaluate.py --url http://127.0.0.1:3333/v1`: for each question the
twenty nearest of 1,000 passages, and whether the right one comes first, before and after.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import sources  # noqa: F401
from asking import embedder, scores, unit
from exam import everyday_passages, library
from training.tables import by_group, share

FOUND = 20


@dataclass(frozen=True)
class Ranked:
    """One question whose passage is among the twenty: where it stands before and after."""

    subset: str
    before: int
    after: int
    right: float
    wrong: float


def ranked(options: argparse.Namespace) -> tuple[list[Ranked], int]:
    """Every question, and how many had their passage beyond the first twenty."""
    embed = embedder(options.url, options.embedder)
    questions, passages = library()
    questions = questions[: options.count]
    near = unit(embed([q.text for q in questions])) @ unit(embed(passages)).T
    found = []
    for question, row in zip(questions, near, strict=True):
        best = np.argsort(-row, kind="stable")[:FOUND].tolist()
        if question.right not in best:
            continue
        values = scores(options.url, options.model, question.text, [passages[i] for i in best])
        found.append(_compared(question.subset, best.index(question.right), values))
    return found, len(questions) - len(found)


def everyday(options: argparse.Namespace) -> dict[str, float]:
    """Questions and passages that no template made: each passage among all thirty."""
    asked = everyday_passages()
    texts = [text for _, text in asked]
    places = []
    for place, (question, _) in enumerate(asked):
        values = scores(options.url, options.model, question, texts)
        places.append(_compared("everyday", place, values).after)
    first, five = (share([place < k for place in places]) for k in (1, 5))
    return {"first_of_30": first, "in_5_of_30": five}


def _compared(subset: str, place: int, values: list[float]) -> Ranked:
    right = values[place]
    others = values[:place] + values[place + 1 :]
    after = sum(value >= right for value in others)
    return Ranked(subset, place, after, right, max(others))


def report(found: list[Ranked], missed: int) -> dict[str, Any]:
    """The figures of the model card."""
    by_subset = {"all": found, **by_group(found, lambda each: each.subset)}
    return {
        "questions": len(found) + missed,
        "beyond_the_twenty": missed,
        "first": {subset: _shares(rows) for subset, rows in by_subset.items()},
        "scores": {
            "right": _quarters([each.right for each in found]),
            "best_wrong": _quarters([each.wrong for each in found]),
        },
    }


def _shares(rows: list[Ranked]) -> dict[str, float]:
    return {
        "tiny-embed": share([row.before == 0 for row in rows]),
        "tiny-rerank": share([row.after == 0 for row in rows]),
    }


def _quarters(values: list[float]) -> list[float]:
    return [round(float(value), 3) for value in np.quantile(values, (0.05, 0.25, 0.5, 0.75, 0.95))]


def main() -> None:
    options = _options()
    print(json.dumps(report(*ranked(options)) | {"everyday": everyday(options)}, indent=2))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:3333/v1")
    parser.add_argument("--model", default="BAAI/bge-reranker-v2-m3")
    parser.add_argument("--embedder", default="Qwen/Qwen3-Embedding-4B")
    parser.add_argument("--count", type=int, default=1000, help="questions")
    return parser.parse_args()


if __name__ == "__main__":
    main()
