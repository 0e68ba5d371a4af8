from __future__ import annotations

from collections.abc import Callable, Iterator

import llama_cpp as lib
import pytest

from azrun.inference.worker.logs import Logs
from azrun.inference.worker.requests.vocabulary import Vocabulary

from .spelling import WORDS, write


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Vocabulary]]:
    """Makes vocabularies of bytes, words, two ends, and markers, through a GGUF."""
    logs, models = Logs(), []

    def make(markers: tuple[str, ...] = (), words: tuple[str, ...] = ()) -> Vocabulary:
        path = tmp_path_factory.mktemp("vocabulary") / "vocabulary.gguf"
        write(path, markers, words)
        parameters = lib.llama_model_default_params()
        parameters.vocab_only = True
        model = lib.llama_model_load_from_file(bytes(path), parameters)
        assert model, logs.reason()
        models.append(model)
        return Vocabulary(lib.llama_model_get_vocab(model))

    lib.llama_backend_init()
    yield make
    for model in models:
        lib.llama_model_free(model)


@pytest.fixture(scope="module")
def plain(vocabulary: Callable[..., Vocabulary]) -> Vocabulary:
    return vocabulary(words=WORDS)
