from __future__ import annotations

import os
from pathlib import Path

import pytest

from azrun.config.edit import add_model, remove_model
from azrun.errors import ConfigError

BEFORE = """\
# on top
[server]
port = 3000  # mine

[models]
stand_ins = false

[models."a.b/C"] # first
gguf = "~/a.gguf"
# its context
context = 4096

# about the next
[models.'other']
gguf = "b.gguf"
# the end
"""


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    path = tmp_path / "azrun.toml"
    path.write_text(BEFORE)
    return path


def test_a_table_is_appended(toml: Path) -> None:
    add_model(toml, 'with "quotes" ü', {"gguf": "C:\\x\n.gguf"})
    added = '\n[models."with \\"quotes\\" ü"]\ngguf = "C:\\\\x\\n.gguf"\n'
    assert toml.read_text("utf-8") == BEFORE + added


def test_a_file_is_made_where_there_is_none(tmp_path: Path) -> None:
    add_model(tmp_path / "azrun.toml", "one", {"gguf": "one.gguf"})
    assert (tmp_path / "azrun.toml").read_text() == '[models."one"]\ngguf = "one.gguf"\n'
    assert os.listdir(tmp_path) == ["azrun.toml"]


def test_a_last_line_without_an_end_is_ended(toml: Path) -> None:
    toml.write_bytes(b"[server]\r\nport = 1")
    add_model(toml, "one", {"gguf": "one.gguf"})
    assert toml.read_bytes() == b'[server]\r\nport = 1\n\n[models."one"]\ngguf = "one.gguf"\n'


def test_a_table_goes_and_comments_around_it_stay(toml: Path) -> None:
    remove_model(toml, "a.b/C")
    cut = BEFORE.index('[models."a.b/C"]'), BEFORE.index("\n# about the next")
    assert toml.read_text() == BEFORE[: cut[0] - 1] + BEFORE[cut[1] :]
    remove_model(toml, "other")
    assert toml.read_text().endswith("# about the next\n# the end\n")


def test_what_was_added_can_be_removed(toml: Path) -> None:
    add_model(toml, "one", {"gguf": "one.gguf"})
    remove_model(toml, "one")
    assert toml.read_text() == BEFORE + "\n"


@pytest.mark.parametrize(
    "text",
    [
        'models = { mine = { gguf = "a.gguf" } }\n',
        'models.mine.gguf = "a.gguf"\n',
        '[models.mine]\ngguf = """\n[not.a.table]\n"""\n',
    ],
)
def test_other_ways_to_write_it_are_left_to_the_user(toml: Path, text: str) -> None:
    toml.write_text(text)
    with pytest.raises(ConfigError, match="does not edit") as caught:
        remove_model(toml, "mine")
    assert '[models."mine"]' in caught.value.hint
    assert toml.read_text() == text


def test_a_file_that_cannot_be_added_to_stays_as_it_is(toml: Path) -> None:
    toml.write_text('models = { mine = { gguf = "a.gguf" } }\n')
    with pytest.raises(ConfigError, match="does not edit"):
        add_model(toml, "one", {"gguf": "one.gguf"})
    toml.write_text("[broken\n")
    with pytest.raises(ConfigError, match="is not TOML"):
        add_model(toml, "one", {"gguf": "one.gguf"})
    assert toml.read_text() == "[broken\n"
