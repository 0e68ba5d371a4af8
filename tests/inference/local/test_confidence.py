from __future__ import annotations

from azrun.inference.local.confidence import LEAST_SURE_SEEING, Confidence
from azrun.inference.protocol import Likely, Logprobs, Piece
from azrun.inference.types import Doubt, GenerateRequest, Reason

CHAT, SEEING = GenerateRequest(prompt="hi"), GenerateRequest(prompt="hi", images=(b"png",))
UNSURE = (Doubt(Reason.UNSURE),)


def after(*logprobs: float) -> Confidence:
    confidence = Confidence()
    for one in logprobs:
        confidence.add(Piece(1, 0, "a", 1, logprobs=[Logprobs(Likely("a", one), [])]))
    return confidence


def test_it_is_the_mean_of_all_tokens() -> None:
    assert after(-0.25, -0.75, -2.0).mean == -1.0
    assert after().mean == 0.0


def test_an_unlikely_answer_is_doubted() -> None:
    assert after(*[-1.0] * 9).doubts(CHAT) == UNSURE
    assert after(*[-0.01] * 9).doubts(CHAT) == ()


def test_of_an_image_less_is_asked_for() -> None:
    middling = after(*[LEAST_SURE_SEEING + 0.1] * 9)
    assert middling.doubts(SEEING) == ()
    assert middling.doubts(CHAT) == UNSURE


def test_a_few_tokens_and_a_grammars_say_nothing() -> None:
    assert after(-9.0, -9.0).doubts(CHAT) == ()
    assert after(*[-9.0] * 9).doubts(GenerateRequest(prompt="hi", json_schema="{}")) == ()
