from __future__ import annotations

import pytest

from azrun.inference.worker.engine.pace import AGAIN, KNOWN, PIECE, WAIT, Pace


def taught(costs: dict[int, float]) -> Pace:
    """After it has tried everything often enough."""
    pace = Pace()
    for count in (n for n in costs if n > 1):
        for _ in range(2 * KNOWN):
            rows = pace.together(count)
            pace.took(rows, costs[rows])
    return pace


@pytest.mark.parametrize(
    ("costs", "together"),
    [({1: 5, 4: 28}, 1), ({1: 5, 4: 12}, 4), ({1: 5, 4: 19.9}, 4), ({1: 5, 32: 70}, 32)],
)
def test_the_quicker_way(costs: dict[int, float], together: int):
    pace = taught(costs)
    assert [pace.together(max(costs)) for _ in range(10)] == [together] * 10


def test_one_answer_is_one_row():
    assert Pace().together(1) == 1
    assert Pace().together(0) == 0


def test_all_at_once_before_anything_is_known():
    pace = Pace()
    assert pace.together(4) == 4


def test_the_other_way_is_tried_again():
    pace = taught({1: 5, 4: 28})
    tried = [pace.together(4) for _ in range(2 * AGAIN)]
    assert tried.count(4) == 2


def test_a_change_is_noticed():
    pace = taught({1: 5, 4: 28})
    for _ in range(4 * KNOWN * AGAIN):
        rows = pace.together(4)
        pace.took(rows, {1: 5, 4: 6}[rows])
    assert [pace.together(4) for _ in range(3)] == [4] * 3


@pytest.mark.parametrize(
    ("tokens_a_second", "piece"), [(500, PIECE), (4 * PIECE, PIECE), (40_000, 40_000 * WAIT)]
)
def test_a_piece_of_a_prompt_keeps_nobody_waiting(tokens_a_second: int, piece: float):
    pace = Pace()
    assert pace.piece == PIECE
    for _ in range(KNOWN):
        pace.read(512, 512 / tokens_a_second)
    assert pace.piece == piece


def test_a_short_prompt_tells_nothing_of_a_long_ones_pace():
    pace = Pace()
    for _ in range(KNOWN):
        pace.read(PIECE - 1, 1e-9)
    assert pace.piece == PIECE
