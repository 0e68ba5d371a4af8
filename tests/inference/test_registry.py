from __future__ import annotations

import re
from pathlib import Path

import pytest

from azrun.config.local import ModelEntry, Models
from azrun.inference.catalogue import BY_ID, CATALOGUE
from azrun.inference.embedded import stand_ins
from azrun.inference.errors import ModelLoadError, ModelNotFound
from azrun.inference.registry import Registry
from azrun.inference.types import Kind, ModelSettings

pytestmark = pytest.mark.anyio

OCR = "nanonets/Nanonets-OCR-s"
VISION = [name for name, spec in BY_ID.items() if spec.kind is Kind.VISION]


@pytest.fixture
def configured():
    def make(**entries: Path) -> Registry:
        return Registry({id: ModelSettings(path) for id, path in entries.items()}, stand_ins())

    return make


def test_from_config(tmp_path):
    entry = ModelEntry(gguf=tmp_path / "a.gguf", context=512, threads=3, n_gpu_layers=-1)
    registry = Registry.from_config(Models(stand_ins=False, entries={"mine": entry}))
    model = registry.resolve("mine")
    settings = ModelSettings(tmp_path / "a.gguf", None, 512, 3, -1)
    assert model.backend.settings == settings
    assert (model.answered, model.stand_in, model.spec) == ("a.gguf", False, None)
    with pytest.raises(ModelNotFound):
        registry.resolve(OCR)


@pytest.mark.parametrize("id", VISION)
def test_a_stand_in_for_every_vision_model(configured, id: str):
    model = configured().resolve(id)
    assert (model.id, model.answered, model.stand_in) == (id, "tiny-ocr", True)


def test_one_worker_for_all_stand_ins(configured):
    registry = configured()
    assert len({id(registry.resolve(name).backend) for name in VISION}) == 1


def test_one_worker_for_the_same_file(configured):
    registry = configured(a=Path("x.gguf"), b=Path("x.gguf"), c=Path("y.gguf"))
    a, b, c = (registry.resolve(name).backend for name in "abc")
    assert a is b is not c


def test_a_configured_model_goes_before_the_stand_in_under_both_ids():
    registry = Registry({OCR: ModelSettings(Path("ocr.gguf"))}, stand_ins())
    for id in (OCR, "nanonets-nanonets-ocr-s"):
        assert registry.resolve(id).answered == "ocr.gguf"


@pytest.mark.parametrize(
    ("id", "what"),
    [
        ("gpt-oss-20b", r'nothing stands behind it here.*\[models."gpt-oss-20b"\] with gguf'),
        ("Qwen/Qwen3-Embedding-4B", "does not run embedding models yet"),
        ("nanonets/nanonets-ocr-s", "case-sensitive: write nanonets/Nanonets-OCR-s"),
        ("llama", r'put \[models."llama"\]'),
    ],
)
def test_not_found(configured, id: str, what: str):
    with pytest.raises(ModelNotFound, match=f"^model not found: {id}") as missing:
        configured().resolve(id)
    assert re.search(what, f"{missing.value.message} {missing.value.hint}")


async def test_start_loads_what_is_configured(says):
    registry = Registry({"mine": ModelSettings(says("a"))}, stand_ins())
    try:
        await registry.start()
        states = {row.id: row.state for row in registry.describe()}
        assert states["mine"] == "ready"
        assert states[OCR] == "not loaded"
        assert states["gpt-oss-20b"] == "nothing"
    finally:
        await registry.close()


async def test_start_names_the_model_the_file_and_the_reason(says, tmp_path):
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(says("a").read_bytes()[:2000])
    for path, reason in [(tmp_path / "none.gguf", "does not exist"), (broken, "failed to")]:
        registry = Registry({"mine": ModelSettings(path)}, {})
        with pytest.raises(ModelLoadError, match=rf"the model mine cannot .*{path}.*{reason}"):
            await registry.start()
        await registry.close()


def test_describe(configured):
    rows = {row.id: row for row in configured(mine=Path("x.gguf")).describe()}
    assert list(rows) == [*(model.id for model in CATALOGUE), "mine"]
    ocr, mine = rows[OCR], rows["mine"]
    assert (ocr.slug, ocr.kind, ocr.behind) == ("nanonets-nanonets-ocr-s", Kind.VISION, "tiny-ocr")
    assert ocr.stand_in
    assert ocr.size > 1_000_000
    assert (mine.slug, mine.behind, mine.stand_in, mine.size) == (None, "x.gguf", False, 0)
