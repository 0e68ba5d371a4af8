from __future__ import annotations

import pytest

from azrun.inference.protocol import Done, Failed
from azrun.inference.worker.engine.context import Context
from azrun.inference.worker.engine.pace import KNOWN, PIECE

WORDS = "the quick brown fox jumps over the lazy dog and the others watch it go "


def prompts(count: int) -> list[str]:
    return [f"{number} {WORDS[number:]}" for number in range(count)]


def test_many_at_once_say_what_each_says_alone(engine):
    """Up to llama.cpp's own arithmetic: sums of another order differ in the last bits."""
    alone = [engine(slots=1).say(prompt, max_tokens=24) for prompt in prompts(8)]
    together = engine(slots=8)
    ids = [together.put(prompt, max_tokens=24) for prompt in prompts(8)]
    together.run()
    same = sum(together.text(id) == text for id, text in zip(ids, alone, strict=True))
    assert same >= 6
    assert max(together.rows) > 8  # prompts were read together, and answers written together
    assert together.counted.decode_steps < 8 * 24


def test_one_slot_answers_in_the_order_of_arrival(engine):
    one = engine(slots=1)
    ids = [one.put(prompt, max_tokens=5) for prompt in prompts(4)]
    one.run()
    assert one.ended == ids
    assert all(one.end(id) == Done(id) for id in ids)
    assert {one.finish(id) for id in ids} == {"length"}


def test_a_conversation_is_read_once(engine):
    one = engine()
    first = one.put(WORDS, max_tokens=4)
    one.run()
    again = one.put(WORDS, max_tokens=4)
    one.run()
    assert one.cached(first) == 0
    assert one.cached(again) == one.length(WORDS) - 1
    assert one.text(first) == one.text(again)


def test_a_prefix_is_shared_with_an_answer_under_way(engine):
    one = engine()
    first = one.put(WORDS, max_tokens=40)
    for _ in range(3):
        one.step()
    second = one.put(WORDS, max_tokens=40)
    one.run()
    assert one.cached(second) > len(WORDS)
    assert one.text(first) == one.text(second)


def test_a_prefix_is_shared_without_unified_cells(engine):
    one = engine(cells=4 * 512, unified=False)
    first = one.put(WORDS, max_tokens=40)
    for _ in range(3):
        one.step()
    second = one.put(WORDS, max_tokens=40)
    one.run()
    assert one.cached(second) > len(WORDS)
    assert one.text(first) == one.text(second)


def test_a_long_conversation_outlives_a_short_one_with_the_same_beginning(engine):
    one = engine()
    one.say(WORDS * 5, max_tokens=4)
    short = one.put(WORDS[:30], max_tokens=4)
    one.run()
    long = one.put(WORDS * 5, max_tokens=4)
    one.run()
    assert 30 < one.cached(short) < 60
    assert one.cached(long) > len(WORDS * 4)


def test_the_oldest_slot_is_also_the_best(engine):
    one = engine(slots=2)
    for text in (WORDS * 5, WORDS[::-1] * 5):
        one.say(text, max_tokens=4)
    again = one.put(WORDS[:30], max_tokens=4)
    one.run()
    assert 30 < one.cached(again) < 60


def test_the_answers_of_one_request_share_its_prompt(engine):
    one = engine()
    id = one.put(WORDS, max_tokens=6, n=3)
    one.run()
    texts = [one.text(id, answer) for answer in range(3)]
    assert texts[0] == texts[1] == texts[2] != ""
    length = one.length(WORDS)
    assert one.counted.decoded_tokens <= length + 2 + 3 * 5
    assert one.ended == [id]


def test_more_answers_than_slots(engine):
    one = engine(slots=2)
    id = one.put(WORDS, max_tokens=6, n=5)
    one.run()
    assert len({one.text(id, answer) for answer in range(5)}) == 1


def test_who_generates_is_not_held_up_by_who_reads(engine):
    one = engine(cells=4096, batch=512)
    writer = one.put("short", max_tokens=60)
    one.step()
    one.put(WORDS * 30, max_tokens=1)
    for _ in range(KNOWN):
        one.step()
    assert one.made(writer) == 1 + KNOWN
    assert all(rows == PIECE + 1 for rows in one.rows[1:])


def test_two_readers_share_fairly(engine):
    one = engine()
    one.put(WORDS * 15, max_tokens=1)
    short = one.put("short", max_tokens=1)
    one.step()
    assert one.end(short) == Done(short)


def test_the_youngest_makes_room_and_goes_on_later(engine):
    alone = [engine(slots=1).say(prompt, max_tokens=70) for prompt in prompts(3)]
    one = engine(slots=3, cells=256)
    ids = [one.put(prompt, max_tokens=70) for prompt in prompts(3)]
    one.run()
    assert one.counted.preemptions >= 1
    assert all(one.end(id) == Done(id) for id in ids)
    assert [len(one.text(id)) > 0 for id in ids] == [True] * 3
    assert one.text(ids[0]) == alone[0]  # the oldest is never turned out
    same = sum(one.text(id) == text for id, text in zip(ids, alone, strict=True))
    assert same >= 2


def test_idle_prefixes_make_room_first(engine):
    one = engine(slots=4, cells=512)
    for prompt in prompts(3):
        one.say(prompt, max_tokens=2)
    big = one.put(WORDS * 5, max_tokens=20)
    one.run()
    assert one.end(big) == Done(big)
    assert one.counted.evictions >= 1
    assert one.counted.preemptions == 0


def test_a_prefix_that_left_comes_back_from_host_memory(engine):
    one = engine(slots=1, budget=2**26)
    first = one.put(WORDS, max_tokens=8)
    one.run()
    one.say("something else that is long enough to be kept: " + WORDS[::-1], max_tokens=2)
    again = one.put(WORDS, max_tokens=8)
    one.run()
    assert one.cached(again) > len(WORDS)
    assert one.text(again) == one.text(first)


def test_without_a_budget_it_is_read_again(engine):
    one = engine(slots=1, budget=0)
    one.say(WORDS, max_tokens=8)
    one.say("something else: " + WORDS[::-1], max_tokens=2)
    again = one.put(WORDS, max_tokens=8)
    one.run()
    assert one.cached(again) < 20


def test_a_cancel_is_seen_by_the_next_step(engine):
    one = engine()
    leaves, stays = one.put("a", max_tokens=500), one.put("b", max_tokens=5)
    one.step()
    one.cancelled.add(leaves)
    one.step()
    assert one.end(leaves) == Done(leaves)
    one.run()
    assert one.finish(stays) == "length"
    assert sorted(one.ended) == [leaves, stays]


def test_a_cancel_of_what_waits(engine):
    one = engine(slots=1)
    first, second = one.put("a", max_tokens=5), one.put("b", max_tokens=500)
    one.step()
    one.cancelled.add(second)
    one.run()
    assert one.finish(first) == "length"
    assert one.text(second) == ""
    assert one.ended == [second, first]


def test_a_cancel_in_the_middle_of_a_prompt(engine):
    one = engine(slots=1, batch=64)
    id = one.put(WORDS * 20, max_tokens=5)
    one.step()
    one.cancelled.add(id)
    one.run()
    assert one.end(id) == Done(id)
    assert sum(one.rows) <= 128
    assert one.say("next", max_tokens=3)


def test_an_answer_ends_where_the_context_does(engine):
    one = engine(slots=1, cells=256)
    id = one.put(WORDS * 2)
    one.run()
    assert one.finish(id) == "length"


@pytest.mark.parametrize("code", [-1, -3])
def test_a_decode_that_fails_fails_who_was_in_it(engine, monkeypatch, code, capsys):
    one = engine()
    id = one.put("a", max_tokens=5)
    monkeypatch.setattr(Context, "decode", lambda self: code)
    one.step()
    monkeypatch.undo()
    failed = one.end(id)
    assert isinstance(failed, Failed)
    assert (failed.kind, str(code) in failed.message) == ("internal", True)
    assert one.say("b", max_tokens=5)
    assert "llama_decode" in capsys.readouterr().err


def test_logprobs(engine):
    one = engine()
    id = one.put("a", max_tokens=3, logprobs=2)
    one.run()
    pieces = one.pieces(id)
    for piece in pieces:
        [likely] = piece.logprobs
        assert likely.chosen == likely.top[0]  # at temperature 0
        assert 0 > likely.top[0].logprob > likely.top[1].logprob
    assert "".join(piece.logprobs[0].chosen.token for piece in pieces).encode("latin-1")


def test_a_bias(engine):
    one = engine()
    assert one.say("a", max_tokens=4, logit_bias=((ord("z"), 100.0),)) == "zzzz"
