"""What llama.cpp was built with, and what it sees: `python -m azrun.inference.worker.build`.

A process of its own prints it as JSON: a build for another CPU ends the process that loads it.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from typing import Any, TextIO

import llama_cpp as lib
from llama_cpp._ggml import libggml as ggml

from azrun.inference.worker.logs import Logs

TYPES = ("cpu", "gpu", "igpu", "accelerator")


def describe() -> dict[str, Any]:
    """Sizes in bytes; `features` is llama.cpp's own list, by backend."""
    return {
        "version": lib.__version__,
        "ggml": _text("ggml_version"),
        "commit": _text("ggml_commit"),
        "offloads": bool(lib.llama_supports_gpu_offload()),
        "features": lib.llama_print_system_info().decode("utf-8", "replace").strip(),
        "backends": [_text("ggml_backend_reg_name", reg) for reg in _all("reg")],
        "devices": [_device(device) for device in _all("dev")],
    }


def _device(device: int) -> dict[str, Any]:
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    memory = ggml.ggml_backend_dev_memory
    memory.argtypes, memory.restype = [ctypes.c_void_p] * 3, None
    memory(device, ctypes.addressof(free), ctypes.addressof(total))
    type_of = ggml.ggml_backend_dev_type
    type_of.argtypes, type_of.restype = [ctypes.c_void_p], ctypes.c_int
    kind = type_of(device)
    return {
        "name": _text("ggml_backend_dev_name", device),
        "description": _text("ggml_backend_dev_description", device),
        "type": TYPES[kind] if 0 <= kind < len(TYPES) else "other",
        "free": free.value,
        "total": total.value,
    }


def _all(what: str) -> list[int]:
    """Pointers to ggml's devices (`dev`), or to its backends (`reg`)."""
    count, get = (
        getattr(ggml, f"ggml_backend_{what}_count"),
        getattr(ggml, f"ggml_backend_{what}_get"),
    )
    count.argtypes, count.restype = [], ctypes.c_size_t
    get.argtypes, get.restype = [ctypes.c_size_t], ctypes.c_void_p
    return [get(number) for number in range(count())]


def _text(function: str, *pointers: int) -> str:
    call = getattr(ggml, function)
    call.argtypes, call.restype = [ctypes.c_void_p] * len(pointers), ctypes.c_char_p
    return (call(*pointers) or b"").decode("utf-8", "replace")


def main(out: TextIO) -> None:
    logs = Logs()
    lib.llama_backend_init()
    json.dump(describe(), out)
    out.flush()
    logs.clear()


if __name__ == "__main__":
    real = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a driver prints is no answer
    main(real)
    sys.exit(0)
