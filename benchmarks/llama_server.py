"""llama-server, the peer of inference: the one inside PyPI's xllamacpp, and the one built here of
the very llama.cpp that azrun runs on, with the same flags."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import tarfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from measure import NotMeasured
from peers import PEERS, Talker, install, run
from streams import Target

SOURCE = version("llama-cpp-python")
XLLAMACPP = "xllamacpp==2026.10.11549"
FLAGS = (
    "-DCMAKE_BUILD_TYPE=Release", "-DLLAMA_BUILD_TESTS=OFF", "-DLLAMA_BUILD_EXAMPLES=OFF",
    "-DLLAMA_BUILD_APP=OFF", "-DLLAMA_BUILD_UI=OFF", "-DLLAMA_USE_PREBUILT_UI=OFF",
    "-DLLAMA_OPENSSL=OFF",
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """What both sides get: `context` is in tokens for each of `slots`."""

    gguf: Path
    threads: int
    slots: int
    context: int
    embedding: bool = False


@dataclass(frozen=True)
class Running:
    """A server, and the processes whose time and memory are its."""

    target: Target
    processes: tuple[int, ...]


@contextmanager
def built(settings: Settings, unified: bool = False) -> Iterator[Running]:
    """llama-server of the llama.cpp that llama-cpp-python's sdist carries."""
    total = settings.slots * settings.context
    port = _free_port()
    command = [
        str(_build()), "-m", str(settings.gguf), "--port", str(port), "-lv", "0",
        "-t", str(settings.threads), "-tb", str(settings.threads), "-np", str(settings.slots),
        "-c", str(total), "-kvu" if unified else "-no-kvu",
        *(["--embedding", "-b", "2048", "-ub", "2048"] if settings.embedding else []),
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(process, url)
        yield Running(Target(url, "/v1", "random"), (process.pid,))
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def packaged(settings: Settings, unified: bool = False) -> Iterator[Running]:
    """xllamacpp's llama-server."""
    asked = {
        "model": str(settings.gguf), "threads": settings.threads,
        "n_parallel": settings.slots, "n_ctx": settings.slots * settings.context,
        "kv_unified": unified, "embedding": settings.embedding,
    }  # fmt: skip
    if settings.embedding:
        asked |= {"n_batch": 2048, "n_ubatch": 2048}
    command = [str(install("xllamacpp", XLLAMACPP)), "xllamacpp_serve.py", json.dumps(asked)]
    talker = Talker(command)
    try:
        yield Running(Target(talker.read(), "/v1", "random"), (talker.pid,))
    finally:
        talker.end()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    """Until the model is loaded; before that, health is refused or answered with 503."""
    while process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/health"):
            return
        time.sleep(0.05)
    raise NotMeasured("llama-server ended while it started")


def _build() -> Path:
    """Compiled the first time: 5 to 10 minutes."""
    folder = PEERS / "llama-server"
    binary = folder / "build" / "bin" / "llama-server"
    if not binary.is_file():
        name = f"llama_cpp_python-{SOURCE}"
        tools = install("cmake", "cmake", "ninja").parent
        pip = [str(tools / "pip"), "download", "-q", "--no-deps", "--no-binary=llama-cpp-python"]
        run([*pip, "-d", str(folder), f"llama-cpp-python=={SOURCE}"])
        with tarfile.open(folder / f"{name}.tar.gz") as archive:
            archive.extractall(folder, filter="data")
        source, build = folder / name / "vendor" / "llama.cpp", folder / "build"
        generator = ["-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={tools / 'ninja'}"]
        run([str(tools / "cmake"), "-S", str(source), "-B", str(build), *generator, *FLAGS])
        run([str(tools / "cmake"), "--build", str(build), "--target", "llama-server"])
    return binary


@dataclass(frozen=True)
class Peer:
    """What rows call it, what the page does, and how it is started."""

    name: str
    version: str
    serve: Callable[[Settings, bool], AbstractContextManager[Running]]


BUILT = Peer("llama-server", f"llama-server of llama-cpp-python {SOURCE}'s own llama.cpp", built)
PACKAGED = Peer("xllamacpp's llama-server", XLLAMACPP, packaged)
