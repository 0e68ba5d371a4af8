from __future__ import annotations

import io
import sys
from typing import Any

import pytest

from azrun.cli.models.ask import ask
from azrun.errors import AzrunError
from azrun.inference.types import Chunk, RerankRequest, Usage

from ...scripted import Scripted, ScriptedModels
from .conftest import RERANKER

pytestmark = pytest.mark.anyio


async def test_documents_come_from_stdin_and_go_out_with_their_scores(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("one\n\n two \n"))
    ranker = Scripted()
    await ask(ScriptedModels(**{RERANKER: ranker}), RERANKER, "which?", ())
    assert isinstance(ranker.asked, RerankRequest)
    assert (ranker.asked.query, ranker.asked.documents) == ("which?", ("one", "two"))
    assert capsys.readouterr().out == "0.5000  one\n0.3333  two\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    with pytest.raises(AzrunError, match="needs documents"):
        await ask(ScriptedModels(**{RERANKER: ranker}), RERANKER, "which?", ())


async def test_thoughts_are_kept_apart_and_nothing_is_obeyed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    thinker = Scripted(
        Chunk(0, "", Usage(3, 0)),
        Chunk(0, "", Usage(3, 1), reasoning="Hm. "),
        Chunk(0, "An \x1b[31manswer", Usage(3, 2)),
        Chunk(0, "", Usage(3, 2), "stop"),
    )
    await ask(ScriptedModels(mine=thinker), "mine", "Why?", ())
    said: Any = capsys.readouterr()
    assert said.out == "An \\x1b[31manswer\n"
    assert said.err.startswith("Hm. ")
    assert thinker.closed.is_set()
