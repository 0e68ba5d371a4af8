from __future__ import annotations

from azrun.inference.types import Message
from azrun.inference.worker.requests.doubts import LEARNED, newest, without_end, without_middle


def test_a_prompt_keeps_its_beginning_and_its_end() -> None:
    tokens = list(range(5000))
    read = without_middle(tokens, 4096, None)
    assert len(read) == LEARNED
    assert read == tokens[: LEARNED // 2] + tokens[-LEARNED // 2 :]
    assert without_middle(tokens[:LEARNED], 4096, None) == tokens[:LEARNED]


def test_there_is_room_for_an_answer() -> None:
    tokens = list(range(900))
    assert len(without_middle(tokens, 512, None)) == 512 - 128
    assert len(without_middle(tokens, 512, 10)) == 502
    assert len(without_middle(tokens, 512, 5000)) == 512 - 128


def test_a_text_keeps_its_last_token() -> None:
    assert without_end([1, 2, 3, 4, 9], 3) == [1, 2, 9]
    assert without_end([1, 9], 3) == [1, 9]


def test_of_a_conversation_the_instructions_and_the_newest_question_are_kept() -> None:
    system, old, said = Message("system", "s"), Message("user", "a"), Message("assistant", "b")
    new, called, result = (Message("user", "c"), Message("assistant", "d"), Message("tool", "e"))
    assert newest([system, old, said, new, called, result]) == (system, new, called, result)
    assert newest([system]) == (system,)
    assert newest([]) == ()
