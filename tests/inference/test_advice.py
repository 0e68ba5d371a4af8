from __future__ import annotations

import pytest

from azrun.inference.advice import WHY, Advice
from azrun.inference.types import Doubt, Reason


@pytest.fixture
def said() -> list[str]:
    return []


def test_a_reason_is_told_once_for_each_model(said: list[str]) -> None:
    advice, cut = Advice(said.append), Doubt(Reason.CUT_PROMPT, 5000, 1024)
    for id in ("gpt-oss-20b", "gpt-oss-20b", "Qwen/Qwen3-30B-A3B-Instruct-2507-FP8"):
        advice.give(id, "tiny-chat", [cut])
    advice.give("qwen-qwen3-30b-a3b-instruct-2507-fp8", "tiny-chat", [cut])
    advice.give("gpt-oss-20b", "tiny-chat", [cut, Doubt(Reason.UNSURE)])
    assert len(said) == 3
    assert said[0] == (
        "tiny-chat, a tiny stand-in for gpt-oss-20b, answered as well as it can: the prompt has"
        " 5,000 tokens, and it read 1,024 of them. `azrun models pull gpt-oss-20b` (12.1 GB) gets"
        ' the real one; or name yours in [models."gpt-oss-20b"] in azrun.toml.'
    )
    assert "Qwen3-30B" in said[1]
    assert "not sure" in said[2]


def test_an_id_that_nothing_is_suggested_for(said: list[str]) -> None:
    Advice(said.append).give("mine", "tiny-ocr", [Doubt(Reason.NO_PRINT)])
    assert said[0].endswith('Name a GGUF, or an endpoint, under [models."mine"] in azrun.toml.')


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_its_words(reason: Reason, said: list[str]) -> None:
    assert reason in WHY
    Advice(said.append).give("mine", "tiny", [Doubt(reason, 2000, 1000)])
    assert "{" not in said[0]
