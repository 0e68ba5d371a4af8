from __future__ import annotations

import pytest

from azrun.inference.catalogue import BY_ID, CATALOGUE
from azrun.inference.types import Kind

IRREGULAR = {"gpt-oss-20b"}


def test_nine_models_each_with_two_ids():
    assert len(CATALOGUE) == 9
    assert len(BY_ID) == 2 * 9 - len(IRREGULAR)


@pytest.mark.parametrize("model", CATALOGUE, ids=lambda model: model.slug)
def test_slugs_follow_azions_rule(model):
    assert model.slug == model.id.lower().replace("/", "-").replace(".", "")


@pytest.mark.parametrize(
    ("id", "kind"),
    [
        ("casperhansen-mistral-small-24b-instruct-2501-awq", Kind.CHAT),
        ("Qwen/Qwen3-30B-A3B-Instruct-2507-FP8", Kind.CHAT),
        ("gpt-oss-20b", Kind.CHAT),
        ("qwen-qwen25-vl-3b-instruct-awq", Kind.VISION),
        ("qwen-qwen25-vl-7b-instruct-awq", Kind.VISION),
        ("opengvlab-internvl3-1b-instruct", Kind.VISION),
        ("nanonets/Nanonets-OCR-s", Kind.VISION),
        ("baai-bge-reranker-v2-m3", Kind.RERANK),
        ("Qwen/Qwen3-Embedding-4B", Kind.EMBEDDING),
        ("qwen-qwen3-embedding-4b", Kind.EMBEDDING),
    ],
)
def test_the_ids_that_azions_pages_use(id: str, kind: Kind):
    assert BY_ID[id].kind is kind


def test_ids_have_their_case():
    assert "NANONETS/nanonets-ocr-s" not in BY_ID
