from __future__ import annotations

import asyncio
import re
from contextlib import aclosing
from pathlib import Path

import pytest

from azrun.config.models import ModelEntry, Models
from azrun.errors import ConfigError
from azrun.inference.catalogue import BY_ID, CATALOGUE
from azrun.inference.embedded import stand_ins
from azrun.inference.errors import ModelLoadError, ModelNotFound
from azrun.inference.registry import Registry
from azrun.inference.remote import Endpoint
from azrun.inference.store import Source, Store
from azrun.inference.types import GenerateRequest, Kind, Message, ModelSettings

pytestmark = pytest.mark.anyio

OCR = "nanonets/Nanonets-OCR-s"
VISION = [name for name, spec in BY_ID.items() if spec.kind is Kind.VISION]


@pytest.fixture
def configured():
    def make(**entries: Path) -> Registry:
        ocr = {Kind.VISION: stand_ins()[Kind.VISION]}
        return Registry({id: ModelSettings(path) for id, path in entries.items()}, ocr)

    return make


def settings_of(registry: Registry, id: str) -> ModelSettings:
    return registry.resolve(id).backend.inner.settings


def test_from_config(tmp_path):
    entry = ModelEntry(gguf=tmp_path / "a.gguf", context=512, threads=3, prefix_cache_mb=2)
    registry = Registry.from_config(Models(stand_ins=False, entries={"mine": entry}))
    model = registry.resolve("mine")
    assert settings_of(registry, "mine") == ModelSettings(
        tmp_path / "a.gguf", context=512, threads=3, n_gpu_layers=-1, prefix_cache=2 * 2**20
    )
    assert (model.answered, model.stand_in, model.spec) == ("a.gguf", False, None)
    with pytest.raises(ModelNotFound):
        registry.resolve(OCR)


def test_an_embedded_model_by_its_name():
    entries = {"mine": ModelEntry(stand_in="tiny-ocr"), "long": ModelEntry(stand_in="tiny-ocr")}
    registry = Registry.from_config(Models(entries=entries))
    model = registry.resolve("mine")
    assert (model.answered, model.stand_in) == ("tiny-ocr", True)
    assert model.backend is registry.resolve(OCR).backend
    other = Models(entries={"mine": ModelEntry(stand_in="tiny-owl")})
    with pytest.raises(ConfigError, match="'tiny-owl' that there is not") as wrong:
        Registry.from_config(other)
    assert "tiny-ocr" in wrong.value.hint


def test_an_endpoint_and_its_key(monkeypatch):
    entry = ModelEntry(endpoint="http://127.0.0.1:1/v1", api_key_env="A_KEY")
    models = Models(entries={OCR: entry})
    for environment, key in [({}, "dotenv"), ({"A_KEY": "exported"}, "exported")]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        model = Registry.from_config(models, {"A_KEY": "dotenv"}).resolve(OCR)
        assert model.backend.inner.endpoint == Endpoint(entry.endpoint, OCR, key, "A_KEY")
        assert (model.answered, model.stand_in) == (OCR, False)


async def test_a_key_that_is_not_there_shows_at_the_start():
    entry = ModelEntry(endpoint="http://127.0.0.1:1/v1", api_key_env="NO_SUCH_KEY")
    registry = Registry.from_config(Models(entries={"mine": entry}))
    with pytest.raises(ModelLoadError, match="the model mine .*variable NO_SUCH_KEY is not set"):
        await registry.start()


async def test_a_model_that_is_not_pulled(monkeypatch, tmp_path, says):
    monkeypatch.setenv("AZRUN_MODELS", str(tmp_path))
    entry = ModelEntry(repo="o/r", file="a.gguf", revision="v1")
    registry = Registry.from_config(Models(entries={"mine": entry}))
    await registry.start()
    assert (state(registry, "mine"), registry.describe()[-1].behind) == ("not pulled", "o/r/a.gguf")
    backend = registry.resolve("mine").backend
    with pytest.raises(ModelLoadError, match="o/r/a.gguf is not pulled") as missing:
        await backend.load()
    assert missing.value.hint == "Run `azrun models pull mine`."
    path = Store().gguf(Source("o/r", "a.gguf", revision="v1"))
    path.parent.mkdir(parents=True)
    path.write_bytes(says("a").read_bytes())
    try:
        assert (await backend.load()).name == "says"
    finally:
        await registry.close()
    preloaded = ModelEntry(repo="o/r", file="b.gguf", preload=True)
    registry = Registry.from_config(Models(entries={"mine": preloaded}))
    with pytest.raises(ModelLoadError, match=r"the model mine .*: o/r/b.gguf is not pulled$"):
        await registry.start()


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
        ("nanonets/nanonets-ocr-s", "case-sensitive: write nanonets/Nanonets-OCR-s"),
        ("tiny-embed", "is a stand-in: ask for Qwen/Qwen3-Embedding-4B"),
        ("llama", r'put \[models."llama"\]'),
    ],
)
def test_not_found(configured, id: str, what: str):
    with pytest.raises(ModelNotFound, match=f"^model not found: {id}") as missing:
        configured().resolve(id)
    assert re.search(what, f"{missing.value.message} {missing.value.hint}")


async def test_start_loads_what_is_to_be_preloaded(says):
    lazy, eager = ModelEntry(gguf=says("a")), ModelEntry(gguf=says("b"), preload=True)
    registry = Registry.from_config(Models(entries={"lazy": lazy, "eager": eager}))
    try:
        await registry.start()
        assert [load.name for load in registry.loading] == [eager.gguf.name]
        assert (state(registry, "eager"), state(registry, "lazy")) == ("loading", "not loaded")
        await registry.resolve("eager").backend.load()
        assert (state(registry, "eager"), state(registry, OCR)) == ("ready", "not loaded")
        assert registry.loading == []
        assert registry.stats[eager.gguf.name].state == "ready"
    finally:
        await registry.close()


async def test_start_names_the_model_the_file_and_the_reason(tmp_path):
    settings = ModelSettings(tmp_path / "none.gguf")
    registry = Registry({"mine": settings}, {})
    with pytest.raises(ModelLoadError, match=r"the model mine cannot .*none.gguf.*does not exist"):
        await registry.start()


async def test_an_idle_worker_ends_and_the_next_request_starts_another(says):
    entry = ModelEntry(gguf=says("a"), keep_alive_seconds=0)
    registry = Registry.from_config(Models(entries={"mine": entry}))
    backend = registry.resolve("mine").backend
    request = GenerateRequest(messages=(Message("user", "hi"),), temperature=0)
    try:
        for loads in (1, 2):
            async with aclosing(backend.generate(request)) as chunks:
                assert "".join([chunk.text async for chunk in chunks]) == "a"
            await backend.unload()
            assert (state(registry, "mine"), backend.inner.pid) == ("not loaded", None)
            assert (backend.stats.loads, backend.stats.deaths) == (loads, 0)
    finally:
        await registry.close()


async def test_a_preload_that_fails_is_told_and_the_others_live(says, tmp_path):
    broken, told = tmp_path / "broken.gguf", asyncio.Queue()
    broken.write_bytes(says("a").read_bytes()[:2000])
    models = Models(preload=True, entries={"mine": ModelEntry(gguf=broken)})
    registry = Registry.from_config(models, notice=told.put_nowait)
    try:
        await registry.start()
        text = await asyncio.wait_for(told.get(), 20)
        assert re.match(rf"the model mine cannot be loaded: {broken}.*failed to.*\.$", text)
        assert state(registry, "mine") == "failed"
    finally:
        await registry.close()


async def test_a_load_that_is_cut_by_the_close(says):
    models = Models(preload=True, entries={"mine": ModelEntry(gguf=says("a"))})
    registry = Registry.from_config(models)
    await registry.start()
    await registry.close()
    assert state(registry, "mine") == "not loaded"


def state(registry: Registry, id: str) -> str:
    return {row.id: row.state for row in registry.describe()}[id]


def test_describe(configured):
    rows = {row.id: row for row in configured(mine=Path("x.gguf")).describe()}
    assert list(rows) == [*(model.id for model in CATALOGUE), "mine"]
    ocr, mine = rows[OCR], rows["mine"]
    assert (ocr.slug, ocr.kind, ocr.behind) == ("nanonets-nanonets-ocr-s", Kind.VISION, "tiny-ocr")
    assert ocr.stand_in
    assert ocr.size > 1_000_000
    assert (mine.slug, mine.behind, mine.stand_in, mine.size) == (None, "x.gguf", False, 0)


def test_a_stand_in_stays_as_long_as_all_models_do():
    registry = Registry.from_config(Models(keep_alive_seconds=3))
    assert registry.resolve(OCR).backend.keep_alive == 3


def test_a_request_without_images_goes_to_the_stand_in_that_chats():
    registry = Registry({"mine": ModelSettings(Path("a.gguf"))}, stand_ins())
    model = registry.resolve(OCR)
    other = registry.for_text(model)
    assert (model.answered, other.answered) == ("tiny-ocr", "tiny-chat")
    assert (other.id, other.spec, other.stand_in) == (OCR, model.spec, True)
    for id in ("mine", "gpt-oss-20b"):
        assert registry.for_text(registry.resolve(id)).answered == registry.resolve(id).answered
    alone = Registry({}, {Kind.VISION: stand_ins()[Kind.VISION]})
    assert alone.for_text(alone.resolve(OCR)).answered == "tiny-ocr"
