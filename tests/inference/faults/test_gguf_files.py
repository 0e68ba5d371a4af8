"""GGUF files that are cut, changed, or wrong from the beginning."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import gguf
import numpy as np
import pytest

from azrun.inference.errors import InferenceError, ModelLoadError
from azrun.inference.local import LlamaBackend
from azrun.inference.types import EmbedRequest, ModelSettings

from .asking import ask, text

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("quick_workers")]

MUTATIONS, AT_ONCE = 200, 3
LIMIT = 20  # seconds for one load and one answer: milliseconds, where nothing hangs
NUMBERS = (0, 1, 3, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 0x7FC00000, 0xFF800000)


def cut(random: random.Random, file: bytearray, head: int, _: list[slice]) -> None:
    del file[random.randrange(random.choice((head, len(file)))) :]


def flip_bits(random: random.Random, file: bytearray, head: int, _: list[slice]) -> None:
    for _ in range(random.choice((1, 2, 8))):
        file[random.randrange(head)] ^= 1 << random.randrange(8)


def change_bytes(random: random.Random, file: bytearray, head: int, _: list[slice]) -> None:
    for _ in range(random.choice((1, 3, 20))):
        file[random.randrange(head)] = random.randrange(256)


def change_a_length(random: random.Random, file: bytearray, head: int, _: list[slice]) -> None:
    at = random.randrange(head)
    file[at : at + 8] = (1 << random.randrange(64)).to_bytes(8, "little")


def change_a_number(random: random.Random, file: bytearray, _: int, numbers: list[slice]) -> None:
    at = random.choice(numbers)
    size = at.stop - at.start
    file[at] = (random.choice(NUMBERS) % 2 ** (8 * size)).to_bytes(size, "little")


CHANGES = (cut, flip_bits, change_bytes, change_a_length, change_a_number)


def head_and_numbers(path: Path) -> tuple[int, list[slice]]:
    """Where the tensors' data begin, and each number among the metadata."""
    reader = gguf.GGUFReader(path)
    found = []
    for field in reader.fields.values():
        at = field.offset
        for index, part in enumerate(field.parts):
            if field.offset and index in field.data and part.dtype != np.uint8:
                found.append(slice(at, at + part.nbytes))
            at += part.nbytes
    return int(reader.data_offset), found


async def test_files_that_were_changed(says, backend, tmp_path):
    """Each is refused, or it loads and answers something; and each in time."""
    whole = says("Say 'ok")
    head, numbers = head_and_numbers(whole)
    original = whole.read_bytes()
    left: Iterator[int] = iter(range(MUTATIONS))
    ends: Counter[str] = Counter()

    async def try_files(name: str) -> None:
        for number in left:
            chance, file = random.Random(number), bytearray(original)
            CHANGES[number % len(CHANGES)](chance, file, head, numbers)
            path = tmp_path / f"{number}.gguf"
            path.write_bytes(file)
            ends[await end_of(path, number)] += 1
            path.unlink()

    await asyncio.gather(*(try_files(str(number)) for number in range(AT_ONCE)))
    assert ends.total() == MUTATIONS
    assert set(ends) <= {"refused", "answered", "WorkerDied", "InvalidRequest", "Unsupported"}
    assert ends["refused"] > 80
    assert ends["answered"] > 20
    assert await text(backend(whole), ask()) == "Say 'ok"


async def end_of(path: Path, number: int) -> str:
    model = LlamaBackend(ModelSettings(path))
    try:
        async with asyncio.timeout(LIMIT):
            await model.load()
            await text(model, ask(max_tokens=5))
        return "answered"
    except ModelLoadError as error:
        return "refused" if str(path) in error.message else error.message
    except InferenceError as error:
        return type(error).__name__
    except TimeoutError:
        pytest.fail(f"mutation {number} hangs")
    finally:
        await model.close()


@pytest.fixture
def spoiled(tmp_path: Path) -> Callable[..., Path]:
    """A copy of a GGUF with one tensor full of a number."""

    def spoil(path: Path, name: str, number: float) -> Path:
        copy = tmp_path / f"spoiled-{name}"
        copy.write_bytes(path.read_bytes())
        tensors = {tensor.name: tensor for tensor in gguf.GGUFReader(copy, "r+").tensors}
        tensors[name].data[...] = number
        tensors[name].data.flush()
        return copy

    return spoil


@pytest.mark.parametrize("tensor", ["output.weight", "output_norm.weight", "token_embd.weight"])
@pytest.mark.parametrize("options", [{}, {"temperature": 1.0}, {"logprobs": 2}, {"n": 3}])
async def test_numbers_that_are_none(says, backend, spoiled, tensor, options):
    model = backend(spoiled(says("abc"), tensor, float("nan")))
    for _ in range(2):
        with pytest.raises(InferenceError, match="the model computes numbers that are none"):
            await text(model, ask(**options))
    assert model.state == "ready"
    assert (model.stats.running, model.stats.waiting, model.stats.deaths) == (0, 0, 0)


async def test_numbers_without_end(says, backend, spoiled):
    model = backend(spoiled(says("abc"), "output.weight", float("inf")))
    for temperature in (0.0, 1.0):
        with pytest.raises(InferenceError, match="numbers that are none"):
            await text(model, ask(temperature=temperature))
    assert model.stats.deaths == 0


async def test_a_vector_of_no_numbers(counts, backend, spoiled):
    model = backend(spoiled(counts, "output_norm.weight", float("nan")))
    with pytest.raises(InferenceError, match="numbers that are none"):
        await model.embed(EmbedRequest(("a",)))
    assert model.stats.deaths == 0


LOOPS = (
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% set x = namespace(n='a') %}{% for a in range(99) %}{% set x.n = x.n ~ x.n %}{% endfor %}",
    "{% macro again() %}{{ again() }}{{ again() }}{% endmacro %}{{ again() }}",
)


@pytest.mark.parametrize("loop", LOOPS)
async def test_a_template_that_loops_at_once(says, backend, loop):
    """The load is refused, or the request is."""
    model = backend(says("abc", template=loop))
    async with asyncio.timeout(10):
        for _ in range(2):
            with pytest.raises(InferenceError, match="template"):
                await text(model, ask())
