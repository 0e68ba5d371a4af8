from __future__ import annotations

from array import array

import pytest

from azrun.inference.errors import InvalidRequest
from azrun.inference.vectors import resized


def test_the_beginning_is_of_length_1_again():
    assert list(resized(array("f", [0.3, 0.4, 0.8]), 2)) == pytest.approx([0.6, 0.8])


def test_more_than_there_are():
    with pytest.raises(InvalidRequest, match="dimensions: the model makes 2, not 3"):
        resized(array("f", [1.0, 0.0]), 3)


def test_a_stand_in_pads():
    assert list(resized(array("f", [3.0, 4.0]), 4, pads=True)) == pytest.approx([0.6, 0.8, 0, 0])
