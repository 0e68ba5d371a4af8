"""The models of Azion's catalogue (documentation, "AI Inference", "Models").

Each has two ids in Azion's pages, one as on Hugging Face and a slug; both are accepted, with
their case, and a response echoes the one that was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

from azrun.inference.types import Kind


@dataclass(frozen=True, slots=True)
class CatalogueModel:
    """One model; `context` in tokens. `parts`: a message's content may be an array of parts."""

    id: str
    slug: str
    kind: Kind
    context: int
    tools: bool = False
    parts: bool = True
    dimensions: tuple[int, ...] = ()

    @property
    def images(self) -> bool:
        return self.kind is Kind.VISION


CATALOGUE = (
    CatalogueModel(
        "casperhansen/mistral-small-24b-instruct-2501-awq",
        "casperhansen-mistral-small-24b-instruct-2501-awq",
        Kind.CHAT, 32_768, tools=True,
    ),
    CatalogueModel(
        "Qwen/Qwen3-30B-A3B-Instruct-2507-FP8",
        "qwen-qwen3-30b-a3b-instruct-2507-fp8",
        Kind.CHAT, 65_536, tools=True,
    ),
    CatalogueModel("gpt-oss-20b", "gpt-oss-20b", Kind.CHAT, 131_072, tools=True, parts=False),
    CatalogueModel(
        "Qwen/Qwen2.5-VL-3B-Instruct-AWQ",
        "qwen-qwen25-vl-3b-instruct-awq",
        Kind.VISION, 32_768, tools=True,
    ),
    CatalogueModel(
        "Qwen/Qwen2.5-VL-7B-Instruct-AWQ",
        "qwen-qwen25-vl-7b-instruct-awq",
        Kind.VISION, 32_768, tools=True,
    ),
    CatalogueModel(
        "OpenGVLab/InternVL3-1B-Instruct",
        "opengvlab-internvl3-1b-instruct",
        Kind.VISION, 16_384,
    ),
    CatalogueModel(
        "nanonets/Nanonets-OCR-s", "nanonets-nanonets-ocr-s", Kind.VISION, 32_768
    ),
    CatalogueModel(
        "BAAI/bge-reranker-v2-m3", "baai-bge-reranker-v2-m3", Kind.RERANK, 8_192
    ),
    CatalogueModel(
        "Qwen/Qwen3-Embedding-4B",
        "qwen-qwen3-embedding-4b",
        Kind.EMBEDDING, 32_768,
        dimensions=(256, 512, 1024, 2048, 4096),
    ),
)  # fmt: skip

BY_ID = {name: model for model in CATALOGUE for name in (model.id, model.slug)}
