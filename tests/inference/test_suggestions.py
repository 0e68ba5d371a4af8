from __future__ import annotations

from azrun.config.models import ModelEntry
from azrun.inference.catalogue import CATALOGUE
from azrun.inference.suggestions import SUGGESTIONS


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
