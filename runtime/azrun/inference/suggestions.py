"""Which GGUF files to pull for the models of the catalogue, where nothing else is said.

Well-known repositories, and quantisations that a laptop or a workstation can hold. Sizes are
about right: repositories change.
"""

from __future__ import annotations

from dataclasses import dataclass

from azrun.inference.store import Source

GB = 10**9


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Files for a model. In bytes, about: `download` of all of them, `memory` to run them with a
    context of 8,192 tokens."""

    source: Source
    download: int
    memory: int


def _one(repo: str, file: str, download: float, memory: float, mmproj: str = "") -> Suggestion:
    """Sizes in gigabytes."""
    source = Source(repo, file, mmproj or None)
    return Suggestion(source, round(download * GB), round(memory * GB))


SUGGESTIONS = {
    "casperhansen/mistral-small-24b-instruct-2501-awq": _one(
        "bartowski/Mistral-Small-24B-Instruct-2501-GGUF",
        "Mistral-Small-24B-Instruct-2501-Q4_K_M.gguf",
        14.3, 16.1,
    ),
    "Qwen/Qwen3-30B-A3B-Instruct-2507-FP8": _one(
        "unsloth/Qwen3-30B-A3B-Instruct-2507-GGUF",
        "Qwen3-30B-A3B-Instruct-2507-Q4_K_M.gguf",
        18.6, 19.8,
    ),
    "gpt-oss-20b": _one("ggml-org/gpt-oss-20b-GGUF", "gpt-oss-20b-MXFP4.gguf", 12.1, 12.9),
    "Qwen/Qwen2.5-VL-3B-Instruct-AWQ": _one(
        "ggml-org/Qwen2.5-VL-3B-Instruct-GGUF",
        "Qwen2.5-VL-3B-Instruct-Q4_K_M.gguf",
        2.8, 3.6,
        "mmproj-Qwen2.5-VL-3B-Instruct-Q8_0.gguf",
    ),
    "Qwen/Qwen2.5-VL-7B-Instruct-AWQ": _one(
        "ggml-org/Qwen2.5-VL-7B-Instruct-GGUF",
        "Qwen2.5-VL-7B-Instruct-Q4_K_M.gguf",
        5.5, 6.5,
        "mmproj-Qwen2.5-VL-7B-Instruct-Q8_0.gguf",
    ),
    "OpenGVLab/InternVL3-1B-Instruct": _one(
        "ggml-org/InternVL3-1B-Instruct-GGUF",
        "InternVL3-1B-Instruct-Q8_0.gguf",
        1.0, 1.5,
        "mmproj-InternVL3-1B-Instruct-Q8_0.gguf",
    ),
    "nanonets/Nanonets-OCR-s": _one(
        "unsloth/Nanonets-OCR-s-GGUF",
        "Nanonets-OCR-s-Q4_K_M.gguf",
        3.3, 4.1,
        "mmproj-F16.gguf",
    ),
    "BAAI/bge-reranker-v2-m3": _one(
        "gpustack/bge-reranker-v2-m3-GGUF", "bge-reranker-v2-m3-Q8_0.gguf", 0.64, 1.0
    ),
    "Qwen/Qwen3-Embedding-4B": _one(
        "Qwen/Qwen3-Embedding-4B-GGUF", "Qwen3-Embedding-4B-Q8_0.gguf", 4.3, 5.9
    ),
}  # fmt: skip
"""By the catalogue's id."""
