from __future__ import annotations

from azrun.observe.traceback import fold

CHAINED = """\
Traceback (most recent call last):
  File "functions/a/main.py", line 7, in handle_request
    return helper.boom(0)
           ~~~~~~~~~~~^^^
ZeroDivisionError: division by zero

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/0/invocations.py", line 62, in _serve
    await something
  File "functions/a/main.py", line 9, in handle_request
    raise ValueError("bad") from e
ValueError: bad
"""
BARE = """\
Traceback (most recent call last):
  File "/0/entry.py", line 49, in _load
azion.errors.HandlerError: No fetch event listeners found.
"""


def test_the_runtimes_frames_go() -> None:
    internal = '  File "/0/invocations.py", line 62, in _serve\n    await something\n'
    assert fold(CHAINED) == CHAINED.replace(internal, "").rstrip()


def test_a_heading_without_frames_goes_too() -> None:
    assert fold(BARE) == "azion.errors.HandlerError: No fetch event listeners found."


def test_other_text_stays() -> None:
    assert fold("") == ""
    assert fold("one\n  two\n\nthree") == "one\n  two\n\nthree"
