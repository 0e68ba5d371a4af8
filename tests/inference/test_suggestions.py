from __future__ import annotations

from pathlib import Path

from azrun.config.models import ModelEntry
from azrun.inference.catalogue import CATALOGUE
from azrun.inference.suggestions import SUGGESTIONS
from azrun.observe.units import size

PAGE = Path(__file__).parents[2] / "docs" / "models.md"


def test_every_model_of_the_catalogue_has_one() -> None:
    assert list(SUGGESTIONS) == [model.id for model in CATALOGUE]


def test_models_that_see_come_with_a_projector() -> None:
    for model in CATALOGUE:
        assert (SUGGESTIONS[model.id].source.mmproj is not None) == model.images


def test_they_are_what_azrun_toml_takes() -> None:
    for one in SUGGESTIONS.values():
        fields = {"repo": one.source.repo, "file": one.source.file, "mmproj": one.source.mmproj}
        ModelEntry.model_validate(fields)
        assert 0 < one.download < one.memory


def test_they_are_in_the_docs() -> None:
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if "GB |" in line]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    expected = []
    for id, one in SUGGESTIONS.items():
        names = [name for name in (one.source.file, one.source.mmproj) if name]
        files = ", ".join(f"`{name}`" for name in names)
        expected.append([id, one.source.repo, files, size(one.download), size(one.memory)])
    assert rows == expected
