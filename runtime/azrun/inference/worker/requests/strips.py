"""The pages of a request as a model that was trained on strips of lines reads them."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from azrun.inference.page.reading import MOST_STRIPS, asks_for_tags, read
from azrun.inference.page.strips import Fit
from azrun.inference.types import Doubt, GenerateRequest, Reason, TextPart
from azrun.inference.worker.requests.images import Pixels, pixels


def page_strips(
    images: Sequence[Image.Image], request: GenerateRequest, fit: Fit
) -> tuple[list[Pixels], list[str], tuple[Doubt, ...]]:
    """All strips of all pages, what the answer says before each and after the last, and the
    doubts of a page that is too long, or has nothing like print.

    A request without a line of text gets one blank strip: there is something to answer.
    """
    tagged = asks_for_tags(_prompt(request))
    strips, said, pending = list[Pixels](), list[str](), ""
    doubts: dict[Doubt, None] = {}
    for number, image in enumerate(images):
        reading = read(image, fit, tagged=tagged)
        if reading.cut:
            doubts[Doubt(Reason.LONG_PAGE, read=MOST_STRIPS)] = None
        if not reading.strips:
            doubts[Doubt(Reason.NO_PRINT)] = None
        pending += "\n\n" if number else ""
        for before, strip in reading.strips:
            strips.append(pixels(strip))
            said.append(pending + before)
            pending = ""
        pending += reading.after
    if not strips:
        strips.append(pixels(Image.new("RGB", (fit.width, fit.height), "white")))
        said.append("")
    return strips, [*said, pending], tuple(doubts)


def _prompt(request: GenerateRequest) -> str:
    """All that the messages say."""
    parts: list[str] = []
    for message in request.messages:
        content = message.content
        if isinstance(content, str):
            parts.append(content)
        elif content is not None:
            parts += [part.text for part in content if isinstance(part, TextPart)]
    return "\n".join(parts)
