"""What a person is told, once, when a stand-in was asked for more than it is made for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from azrun.inference.catalogue import BY_ID
from azrun.inference.suggestions import SUGGESTIONS
from azrun.inference.types import Doubt, Reason
from azrun.observe.units import size

WHY = {
    Reason.CUT_PROMPT: "the prompt has {given:,} tokens, and it read {read:,} of them",
    Reason.CUT_TEXT: "a text has {given:,} tokens, and it read the first {read:,}",
    Reason.LONG_PAGE: "the page is long: it read the first {read:,} pieces of lines",
    Reason.NO_PRINT: "nothing in an image looks like print, which is all that it reads",
    Reason.NO_IMAGE: "the request has no image, and it does nothing but read them",
    Reason.UNKNOWN_CHARACTERS: "a text has characters that it never saw",
    Reason.UNSURE: "it was not sure of its own answer",
}


class Advice:
    """Says to `notice`, for each model and reason once, which real model would do."""

    def __init__(self, notice: Callable[[str], None]) -> None:
        self._notice = notice
        self._given: set[tuple[str, Reason]] = set()

    def give(self, id: str, answered: str, doubts: Sequence[Doubt]) -> None:
        """`answered` stood in for the model `id`, and has its doubts."""
        model = BY_ID[id].id if id in BY_ID else id
        for doubt in doubts:
            if (model, doubt.reason) not in self._given:
                self._given.add((model, doubt.reason))
                why = WHY[doubt.reason].format(given=doubt.given, read=doubt.read)
                self._notice(
                    f"{answered}, a tiny stand-in for {model}, answered as well as it can:"
                    f" {why}. {_remedy(model)}"
                )


def _remedy(model: str) -> str:
    table = f'[models."{model}"] in azrun.toml'
    if model not in SUGGESTIONS:
        return f"Name a GGUF, or an endpoint, under {table}."
    download = size(SUGGESTIONS[model].download)
    return f"`azrun models pull {model}` ({download}) gets the real one; or name yours in {table}."
