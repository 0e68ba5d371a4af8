"""llama.cpp: whether it runs here, what it was built with, and how to build it for a GPU."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from azrun.cli.doctor.finding import Finding, Findings, Mark
from azrun.cli.doctor.machine import cpu_flags
from azrun.inference import memory
from azrun.observe.terminal import one_line
from azrun.observe.units import size

COMMAND = (sys.executable, "-P", "-m", "azrun.inference.worker.build")
SECONDS = 60
# llama.cpp's name for what it was compiled to use, and Linux's for what the processor has.
FLAGS = {
    "SSE3": "pni", "SSSE3": "ssse3", "AVX": "avx", "AVX2": "avx2", "F16C": "f16c", "FMA": "fma",
    "BMI2": "bmi2", "AVX_VNNI": "avx_vnni", "AVX512": "avx512f", "AVX512_VBMI": "avx512vbmi",
    "AVX512_VNNI": "avx512_vnni", "AVX512_BF16": "avx512_bf16", "AMX_INT8": "amx_int8",
    "NEON": "asimd", "DOTPROD": "asimddp", "MATMUL_INT8": "i8mm", "SVE": "sve",
}  # fmt: skip
GPUS = {"CUDA": "-DGGML_CUDA=on", "Metal": "-DGGML_METAL=on", "Vulkan": "-DGGML_VULKAN=on"}
NEEDS = {
    "CUDA": "an NVIDIA GPU, and the CUDA toolkit (nvcc)",
    "Metal": "macOS on Apple silicon, and Xcode's command line tools",
    "Vulkan": "any GPU with a Vulkan driver, and the Vulkan SDK (glslc)",
}


def llama(command: Sequence[str] = COMMAND) -> Findings:
    """Asks another process, as the host never loads llama.cpp."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
        about = json.loads(done.stdout) if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, OSError, ValueError) as error:
        yield _broken(one_line(str(error)))
        return
    if about is None:
        yield _broken(_end(done.returncode, done.stderr))
        return
    yield Finding(
        "llama.cpp",
        f"llama-cpp-python {about['version']}, ggml {about['ggml']} ({about['commit']})",
        Mark.GOOD,
    )
    yield Finding("backends", ", ".join(about["backends"]) or "none")
    yield _features(about["features"], cpu_flags())
    yield from _devices(about)


def rebuild(gpu: str | None = None, arguments: str = "") -> str:
    """The command that builds llama.cpp here, for a GPU or with other CMake arguments."""
    arguments = GPUS[gpu] if gpu else arguments
    return (
        f'CMAKE_ARGS="{arguments}" pip install --force-reinstall --no-deps --no-cache-dir'
        f" --no-binary llama-cpp-python {_requirement()}"
    )


def _requirement() -> str:
    try:
        return f"llama-cpp-python=={version('llama-cpp-python')}"
    except PackageNotFoundError:
        return "llama-cpp-python"


def _broken(reason: str) -> Finding:
    return Finding(
        "llama.cpp", f"it does not run here: {reason}", Mark.BROKEN,
        ("Build it for this machine:", rebuild(arguments="-DGGML_NATIVE=on")),
    )  # fmt: skip


def _end(code: int, stderr: bytes) -> str:
    if code == -signal.SIGILL:
        return "it was built for another processor (illegal instruction)"
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return one_line(lines[-1]) if lines else f"its process ended with {code}"


def _features(text: str, flags: frozenset[str]) -> Finding:
    """Whether it was built for this very processor (GGML_NATIVE) shows in what it uses."""
    used = set(re.findall(r"(\w+) = 1", text))
    missing = [name for name, flag in FLAGS.items() if flags and name in used and flag not in flags]
    unused = [name for name, flag in FLAGS.items() if flag in flags and name not in used]
    built = ", ".join(name for name in FLAGS if name in used) or text
    if missing:
        return Finding(
            "built for", f"{built}: this processor has no {', '.join(missing)}", Mark.BROKEN,
            ("Build it for this machine:", rebuild(arguments="-DGGML_NATIVE=on")),
        )  # fmt: skip
    if unused:
        return Finding(
            "built for", f"{built}; this processor has {', '.join(unused)} too", Mark.NOTE,
            ("A build for this machine may be faster:", rebuild(arguments="-DGGML_NATIVE=on")),
        )  # fmt: skip
    return Finding("built for", f"this processor ({built})", Mark.GOOD)


def _devices(about: dict[str, Any]) -> Findings:
    for number, device in enumerate(about["devices"]):
        own = device["type"] != "cpu"  # a processor's memory is the machine's
        room = f", {size(device['free'])} of {size(device['total'])} free" if own else ""
        text = f"{device['name']}: {one_line(device['description'])}{room}"
        yield Finding("" if number else "devices", text)
    if about["offloads"]:
        yield Finding("GPU", "models may be put on it: n_gpu_layers in azrun.toml", Mark.GOOD)
        return
    advice = [line for gpu in GPUS for line in (f"For {gpu} ({NEEDS[gpu]}):", rebuild(gpu))]
    if memory.has_gpu():
        text, mark = "there is one, and this build does not use it: build it again", Mark.NOTE
    else:
        text, mark = "this build uses none, and none was found here", Mark.FACT
    yield Finding("GPU", text, mark, advice)
