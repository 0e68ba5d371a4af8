from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from azrun.config import Config, load_config
from azrun.config.models import ENGINE, ModelEntry
from azrun.errors import ConfigError

MANIFEST = {"functions": [], "applications": [{"name": "a"}]}


@pytest.fixture
def load(tmp_path: Path) -> Any:
    def load(toml: str) -> Config:
        (tmp_path / "azion.config.json").write_text(json.dumps(MANIFEST))
        (tmp_path / "azrun.toml").write_text(toml)
        return load_config(tmp_path)

    return load


REPO = 'repo = "Qwen/Qwen3-4B-GGUF"\nfile = "q.gguf"'
URL = 'endpoint = "http://127.0.0.1:8080/v1"'


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("context = 512", "does not say what answers: give gguf, repo and file, endpoint or"),
        (f'gguf = "a.gguf"\n{URL}', "gguf and endpoint exclude each other: keep one"),
        (f'{REPO}\nstand_in = "tiny-ocr"', "repo and stand_in exclude each other"),
        ('repo = "a/b"', "repo goes with file: name one of the repository's GGUF files"),
        ('repo = "b"\nfile = "q.gguf"', r'should match pattern .*\n    path: models."x/y".repo'),
        ('repo = "a/b"\nfile = "../q.gguf"', "file is the name of a .gguf file inside"),
        ('repo = "a/b"\nfile = "/q.gguf"', "file is the name of a .gguf file inside"),
        ('repo = "a/b"\nfile = "q.bin"', "file is the name of a .gguf file inside"),
        (f'{REPO}\nmmproj = "/m.gguf"', "mmproj is the name of a .gguf file inside"),
        ('gguf = "a.gguf"\nrevision = "main"', "revision goes with repo, not with gguf"),
        ('gguf = "a.gguf"\nmodel = "m"', "model goes with endpoint, not with gguf"),
        (f'{URL}\nmmproj = "m.gguf"', "mmproj goes with gguf or repo, not with endpoint"),
        (f"{URL}\nn_gpu_layers = 3", "n_gpu_layers is the endpoint's own affair: set it there"),
        (f"{URL}\nkeep_alive_seconds = 3", "keep_alive_seconds is the endpoint's own affair"),
        ('endpoint = "localhost:8080"', 'endpoint is a URL such as "http://127.0.0.1:8080/v1"'),
        ('endpoint = "http://h:99999/v1"', "endpoint is a URL such as"),
        ('endpoint = "ftp://h/v1"', "endpoint is a URL such as"),
        ('endpoint = "http://u:secret@h/v1"', "a key goes into .env, its name into api_key_env"),
        (f'{URL}\napi_key_env = "sk-secret"', "the key itself does not belong into this file"),
        (f'{URL}\napi_key = "sk-secret"', r'not permitted\n    path: models."x/y".api_key'),
        ('gguf = "a"\ncache_type = "q8_0"\nflash_attn = false', '"q8_0" needs flash_attn'),
        ('gguf = "a"\ncache_type = "q3_0"', r"'f32', 'f16'.*\n    path: models.\"x/y\".cache_type"),
        ('gguf = "a"\nslots = 0', r'path: models."x/y".slots'),
        ('gguf = "a"\nmain_gpu = -1', r'path: models."x/y".main_gpu'),
        ('gguf = "a"\nkeep_alive_seconds = -1', r'path: models."x/y".keep_alive_seconds'),
        ('gguf = "a"\nkeep_alive_seconds = nan', r'path: models."x/y".keep_alive_seconds'),
    ],
)
def test_a_table_that_cannot_be_used(load: Any, table: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        load(f'[models."x/y"]\n{table}\n')
    assert "azrun.toml" in caught.value.message
    assert "secret" not in caught.value.message
    assert caught.value.hint.endswith(".")


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("[models]\ncolor = 1", r"not permitted\n    path: models\.color"),
        ("[models]\nmemory_mb = 1", r"path: models\.memory_mb"),
        ("[models]\nentries = 1", r"path: models\.entries"),
        ('[models.Qwen2.5]\ngguf = "a.gguf"', r'in quotes: \[models."a.b"\]'),
    ],
)
def test_models_that_cannot_be_used(load: Any, toml: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        load(toml)


def test_files_are_relative_to_the_project(load: Any) -> None:
    toml = '[models."a/b"]\ngguf = "m/a.gguf"\nmmproj = "/x/p.gguf"\ndraft = "d.gguf"\n'
    config = load(f"[models]\nstand_ins = false\n{toml}")
    entry = config.local.models.entries["a/b"]
    assert (entry.gguf, entry.mmproj) == (config.folder / "m/a.gguf", Path("/x/p.gguf"))
    assert entry.draft == config.folder / "d.gguf"
    assert not config.local.models.stand_ins


def test_home_is_expanded(load: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    config = load('[models.x]\ngguf = "~/a.gguf"\n')
    assert config.local.models.entries["x"].gguf == Path("/home/somebody/a.gguf")


def test_files_of_a_repository_keep_their_names(load: Any) -> None:
    config = load(f'[models.x]\n{REPO}\nmmproj = "sub/m.gguf"\ndraft = "d.gguf"\n')
    entry = config.local.models.entries["x"]
    assert (entry.file, entry.mmproj) == ("q.gguf", Path("sub/m.gguf"))
    assert entry.draft == config.folder / "d.gguf"


def test_a_model_named_like_a_setting(load: Any) -> None:
    models = load('[models]\npreload = true\n[models.memory_mb]\ngguf = "a.gguf"\n').local.models
    assert models.preload
    assert list(models.entries) == ["memory_mb"]


def test_what_a_model_does_not_say_is_said_for_all(load: Any) -> None:
    models = load(
        "[models]\npreload = true\nkeep_alive_seconds = 9\n"
        '[models.a]\ngguf = "a"\n'
        '[models.b]\ngguf = "b"\npreload = false\n'
        '[models.c]\ngguf = "c"\nkeep_alive_seconds = 2\n'
        '[models.d]\ngguf = "d"\nkeep_alive_seconds = inf\npreload = false\n'
    ).local.models
    entries = models.entries
    assert [models.preloads(entries[id]) for id in "abcd"] == [True, False, True, False]
    kept = [models.keep_alive(entries[id]) for id in "abcd"]
    assert kept == [math.inf, 9, 2, math.inf]


def test_every_engine_option_is_one_of_a_table() -> None:
    assert set(ENGINE) <= set(ModelEntry.model_fields)
