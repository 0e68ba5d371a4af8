from __future__ import annotations

import contextlib
import threading

import pytest

from azrun.inference.worker.requests.deadline import within


def forever() -> None:
    while True:
        pass


def stubborn() -> None:
    while True:
        with contextlib.suppress(Exception):
            forever()


def test_in_time():
    assert within(5, lambda: 3) == 3


def test_its_own_error():
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 // 0)


@pytest.mark.parametrize("work", [forever, stubborn])
def test_too_late(work):
    with pytest.raises(TimeoutError):
        within(0.05, work)


def test_nothing_is_left_behind():
    """Work that ends when its time does: whichever is first, nothing is raised later."""
    ended = 0
    for _ in range(300):
        with contextlib.suppress(TimeoutError):
            within(0.0005, lambda: sum(range(20_000)))
            ended += 1
    assert sum(range(100_000)) == 4_999_950_000
    assert ended <= 300
    for thread in threading.enumerate():
        if thread.name == "deadline":
            thread.join(5)
            assert not thread.is_alive()


def test_in_any_thread():
    results: list[str] = []

    def run() -> None:
        try:
            within(0.05, forever)
        except TimeoutError:
            results.append("late")

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(10)
    assert results == ["late"]
