"""Models that make one vector, or one score, of a text: batches of many texts at once."""

from __future__ import annotations

import math
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from azrun.inference.protocol import Counted, Done, Event, Failed, Scored, Vectors
from azrun.inference.worker.engine.context import ABORTED, DECODED, Context, Floats

TOGETHER = 512  # tokens in one decode, but for a text that is longer: attention looks at them all


@dataclass(slots=True)
class Reading:
    """One request: its texts as tokens, and what is known of them so far."""

    id: int
    texts: list[list[int]]
    dropped: Callable[[], bool]
    ranks: bool = False
    next: int = 0
    results: list[Floats] = field(default_factory=list)


class Pooled:
    """Answers everything that was put into it: each decode takes texts of all requests in turn."""

    def __init__(
        self,
        context: Context,
        width: int,
        send: Callable[[Event], None],
        ended: Callable[[int], None],
    ) -> None:
        """`width`: how many numbers the model makes of a text."""
        self._context, self._width = context, width
        self._send, self._ended = send, ended
        self._readings: deque[Reading] = deque()
        self._steps = self._tokens = 0
        context.interrupt_when(lambda: all(one.dropped() for one in self._readings))

    @property
    def busy(self) -> bool:
        return bool(self._readings)

    def put(self, reading: Reading) -> None:
        self._readings.append(reading)

    def step(self) -> None:
        """One decode, and what comes of it."""
        for reading in [one for one in self._readings if one.dropped()]:
            self._finish(reading, Done(reading.id))
        if not self._readings:
            return
        try:
            batch = self._fill()
            self._decode(batch)
        except Exception as error:
            traceback.print_exc()
            for reading in list(self._readings):
                message = f"{type(error).__name__}: {error}"
                self._finish(reading, Failed(reading.id, "internal", message))
            return
        for reading in [one for one in self._readings if len(one.results) == len(one.texts)]:
            self._finish(reading, self._result(reading))

    def _fill(self) -> list[Reading]:
        """Whose text each sequence of the batch is."""
        context, shape = self._context, self._context.shape
        context.start()
        batch: list[Reading] = []
        waiting = deque(one for one in self._readings if one.next < len(one.texts))
        while waiting and len(batch) < shape.sequences:
            reading = waiting[0]
            tokens = reading.texts[reading.next]
            if batch and context.rows + len(tokens) > TOGETHER:
                break
            context.add(len(batch), tokens, np.arange(len(tokens)), len(tokens))
            batch.append(reading)
            reading.next += 1
            waiting.rotate(-1)
            if reading.next == len(reading.texts):
                waiting.remove(reading)
        return batch

    def _decode(self, batch: list[Reading]) -> None:
        code = self._context.decode()
        self._steps += 1
        if code == ABORTED:
            return
        if code != DECODED:
            raise RuntimeError(f"llama_decode answered {code}")
        self._tokens += self._context.rows
        for sequence, reading in enumerate(batch):
            reading.results.append(self._context.pooled(sequence, self._width))
        self._context.forget()

    def _result(self, reading: Reading) -> Event:
        tokens = sum(map(len, reading.texts))
        table = np.stack(reading.results)
        if not np.isfinite(table).all():
            message = "the model computes numbers that are none (NaN)"
            return Failed(reading.id, "internal", message)
        if reading.ranks:
            return Scored(reading.id, [_score(row) for row in table], tokens)
        lengths = np.linalg.norm(table, axis=1, keepdims=True)
        table /= np.where(lengths > 0, lengths, 1)
        return Vectors(reading.id, table.shape[1], tokens, table.astype("<f4").tobytes())

    def _finish(self, reading: Reading, event: Event) -> None:
        self._readings.remove(reading)
        self._ended(reading.id)
        self._send(Counted(self._steps, self._tokens, 0, 0))
        self._send(event)


def _score(row: Floats) -> float:
    """Between 0 and 1: a single number is a logit; several are probabilities, of which the
    first says yes."""
    return (1 + math.tanh(float(row[0]) / 2)) / 2 if len(row) == 1 else float(row[0])
