from __future__ import annotations

from azrun.inference.worker.engine.sampler import WIDE_TOP_K, Defaults


def test_without_metadata():
    assert Defaults.from_metadata({}) == Defaults(1.0, 1.0, WIDE_TOP_K)


def test_a_models_own():
    metadata = {
        "general.sampling.temp": "0.700000",
        "general.sampling.top_p": "0.800000",
        "general.sampling.top_k": "20",
    }
    assert Defaults.from_metadata(metadata) == Defaults(0.7, 0.8, 20)


def test_no_limit_is_the_widest():
    assert Defaults.from_metadata({"general.sampling.top_k": "0"}).top_k == WIDE_TOP_K


def test_what_is_no_number():
    assert Defaults.from_metadata({"general.sampling.temp": "warm"}).temperature == 1.0


def test_a_stand_in_says_the_same_every_time():
    assert Defaults.from_metadata({"azrun.stand_in": "true"}).temperature == 0.0
