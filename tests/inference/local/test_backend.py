from __future__ import annotations

import asyncio
import os
import signal
from contextlib import aclosing
from pathlib import Path

import pytest

from azrun.inference.errors import (
    InvalidRequest,
    ModelLoadError,
    TooManyRequests,
    Unsupported,
    WorkerDied,
)
from azrun.inference.local import LlamaBackend
from azrun.inference.types import Chunk, GenerateRequest, Message, TextPart, Usage

pytestmark = pytest.mark.anyio

HELLO = "Say \u00e9\u2603!"
PROMPT = "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"
PROMPT_TOKENS = 3 + len("user\nhi\nassistant\n")


def ask(text: str = "hi", **options: object) -> GenerateRequest:
    options.setdefault("temperature", 0.0)
    return GenerateRequest((Message("user", text),), **options)  # type: ignore[arg-type]


async def collect(backend: LlamaBackend, request: GenerateRequest) -> list[Chunk]:
    return [chunk async for chunk in backend.generate(request)]


async def text(backend: LlamaBackend, request: GenerateRequest) -> str:
    return "".join(chunk.text for chunk in await collect(backend, request))


async def test_says_what_was_loaded(says, backend):
    info = await backend(says("a"), context=512).load()
    assert (info.name, info.architecture, info.context) == ("says", "llama", 512)
    assert info.chats
    assert not info.sees_images


async def test_chunks_of_an_answer(says, backend):
    chunks = await collect(backend(says(HELLO)), ask())
    assert chunks[0] == Chunk(0, "", Usage(PROMPT_TOKENS, 0))
    assert [chunk.text for chunk in chunks[1:]] == [*HELLO, ""]
    assert chunks[-1].finish_reason == "stop"
    assert chunks[-1].usage == Usage(PROMPT_TOKENS, len(HELLO.encode()) + 1)
    assert {chunk.finish_reason for chunk in chunks[:-1]} == {None}


async def test_content_parts_are_text(says, backend):
    parts = (TextPart("h"), TextPart("i"))
    request = GenerateRequest(messages=(Message("user", parts),), temperature=0.0)
    chunks = await collect(backend(says("ok")), request)
    assert chunks[-1].usage.prompt_tokens == PROMPT_TOKENS + len("\n")


async def test_max_tokens(says, backend):
    chunks = await collect(backend(says("abc", endless=True)), ask(max_tokens=5))
    assert "".join(chunk.text for chunk in chunks) == "abcab"
    assert chunks[-1].finish_reason == "length"


async def test_a_character_is_never_cut(says, backend):
    chunks = await collect(backend(says("\u2603x", endless=True)), ask(max_tokens=5))
    assert [chunk.text for chunk in chunks] == ["", "\u2603", "x", "\ufffd"]


async def test_all_of_the_context_without_max_tokens(says, backend):
    chunks = await collect(backend(says("ab", endless=True), context=256), ask())
    assert chunks[-1].finish_reason == "length"
    assert chunks[-1].usage == Usage(PROMPT_TOKENS, 256 - PROMPT_TOKENS)


async def test_stop_strings(says, backend):
    chunks = await collect(backend(says("abcdef")), ask(stop=("zz", "cde")))
    assert "".join(chunk.text for chunk in chunks) == "ab"
    assert (chunks[-1].finish_reason, chunks[-1].stop_reason) == ("stop", "cde")


async def test_several_answers(says, backend):
    chunks = await collect(backend(says("abc")), ask(n=3))
    answers = ["".join(c.text for c in chunks if c.index == index) for index in range(3)]
    assert answers == ["abc"] * 3
    assert chunks[-1].usage == Usage(PROMPT_TOKENS, 3 * 4)


async def test_a_seed_repeats_an_answer(says, backend):
    model = backend(says("abcdefgh", endless=True))
    one, same, other = [
        await text(model, ask(temperature=2.0, max_tokens=100, seed=seed)) for seed in (1, 1, 2)
    ]
    assert one == same != other


async def test_penalties(says, backend):
    model = backend(says("ab", endless=True))
    assert await text(model, ask(max_tokens=40)) == "ab" * 20
    assert await text(model, ask(max_tokens=40, frequency_penalty=2.0)) != "ab" * 20
    assert await text(model, ask(max_tokens=40, presence_penalty=2.0)) == "ab" * 20


async def test_a_prompt_that_does_not_fit(says, backend):
    model = backend(says("a"), context=256)
    with pytest.raises(InvalidRequest, match=r"context of 256 tokens; the prompt has 2\d\d") as no:
        await collect(model, ask("x" * 240))
    assert str(no.value).startswith("validation error: messages: ")
    assert "azrun.toml" in no.value.hint
    assert await text(model, ask()) == "a"


async def test_more_than_the_window_that_was_promised(says, backend):
    model = backend(says("a"))
    with pytest.raises(InvalidRequest, match="context is 100 tokens; .*max_tokens asks for 90"):
        await collect(model, ask(max_tokens=90, window=100))


async def test_fewer_tokens_left_than_asked_for(says, backend):
    chunks = await collect(backend(says("ab", endless=True), context=256), ask(max_tokens=10_000))
    assert chunks[-1].usage.completion_tokens == 256 - PROMPT_TOKENS


async def test_a_template_that_refuses(says, backend):
    model = backend(says("a", template="{{ raise_exception('no system message') }}"))
    with pytest.raises(InvalidRequest, match="chat template refuses them: no system message"):
        await collect(model, ask())


async def test_without_a_template(says, backend):
    model = backend(says("a", template=None))
    assert not (await model.load()).chats
    with pytest.raises(Unsupported, match="no chat template"):
        await collect(model, ask())


async def test_images_without_an_mmproj(says, backend):
    with pytest.raises(Unsupported, match="cannot see images") as no:
        await collect(backend(says("a")), ask(images=(b"x",)))
    assert "mmproj" in no.value.hint


async def test_closing_a_stream_frees_the_model(says, backend):
    model = backend(says("abc", endless=True))
    async with aclosing(model.generate(ask())) as chunks:
        async for chunk in chunks:
            if chunk.usage.completion_tokens == 3:
                break
    # The endless answer would take thousands of steps: this one does not wait for them.
    assert await text(model, ask(max_tokens=3)) == "abc"


async def test_first_come_first_served(says, backend):
    model, order = backend(says("ab", endless=True), slots=1), []

    async def one(number: int) -> None:
        await collect(model, ask(max_tokens=50))
        order.append(number)

    await asyncio.gather(*(one(number) for number in range(5)))
    assert order == [0, 1, 2, 3, 4]


async def test_a_full_queue(says, backend):
    model = backend(says("ab", endless=True), longest_queue=1, slots=1)
    await model.load()
    async with aclosing(model.generate(ask())) as running, aclosing(model.generate(ask())) as next_:
        await anext(running)
        waiting = asyncio.create_task(anext(next_))
        await asyncio.sleep(0)
        with pytest.raises(TooManyRequests, match="1 requests wait"):
            await collect(model, ask())
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting


async def test_a_killed_worker(says, backend):
    model = backend(says("abc", endless=True))
    chunks = model.generate(ask())
    assert (await anext(chunks)).text + (await anext(chunks)).text == "a"
    before = model.pid
    os.kill(before, signal.SIGKILL)
    with pytest.raises(WorkerDied, match=r"died \(signal 9\) while it answered; it is started"):
        async for _ in chunks:
            pass
    assert await text(model, ask(max_tokens=3)) == "abc"
    assert model.pid != before


async def test_a_worker_killed_while_another_request_waits(says, backend):
    model = backend(says("abc", endless=True), slots=1)
    chunks = model.generate(ask())
    await anext(chunks), await anext(chunks)
    waiting = asyncio.create_task(text(model, ask(max_tokens=3)))
    await asyncio.sleep(0)
    os.kill(model.pid, signal.SIGKILL)
    assert await waiting == "abc"
    await chunks.aclose()


async def test_a_worker_that_dies_idle(says, backend):
    model = backend(says("abc"))
    await model.load()
    os.kill(model.pid, signal.SIGKILL)
    while model.state == "ready":  # noqa: ASYNC110 (there is nothing to wait on)
        await asyncio.sleep(0)
    assert await text(model, ask()) == "abc"


async def test_a_truncated_file(says, backend, tmp_path):
    broken = tmp_path / "broken.gguf"
    whole = says("abc").read_bytes()
    broken.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelLoadError, match=r"broken\.gguf: .*(corrupted|incomplete|bounds)"):
        await backend(broken).load()


async def test_a_corrupt_file_fails_its_requests(says, backend, tmp_path):
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\xff" * 1000)
    model = backend(broken)
    with pytest.raises(ModelLoadError, match=r"broken\.gguf: "):
        await collect(model, ask())
    assert model.state == "not loaded"


async def test_a_mmproj_that_is_none(says, backend):
    with pytest.raises(ModelLoadError, match=r"says\.gguf: "):
        await backend(says("a"), mmproj=says("b")).load()


async def test_closing_ends_the_worker(says, backend):
    model = backend(says("abc", endless=True))
    chunks = model.generate(ask())
    await anext(chunks)
    pid = model.pid
    await model.close()
    with pytest.raises(WorkerDied):
        async for _ in chunks:
            pass
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(WorkerDied, match="shutting down"):
        await collect(model, ask())
    await model.close()


async def test_the_same_path_is_loaded_once(says, backend):
    model = backend(says("abc"))
    infos = await asyncio.gather(*(model.load() for _ in range(3)))
    assert infos[0] is infos[1] is infos[2]


def test_the_host_never_loads_llama(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = "import sys, azrun.inference.registry; assert 'llama_cpp' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
