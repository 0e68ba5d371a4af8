from __future__ import annotations

import re
from pathlib import Path

from azrun.ai.requests import ChatExtended

PAGE = Path(__file__).parents[2] / "docs" / "fidelity.md"


def test_every_extension_of_a_chat_is_named():
    [row] = re.findall(r"^\| in a chat: (.*?) \|", PAGE.read_text(), re.MULTILINE)
    assert set(re.findall("`(.*?)`", row)) == set(ChatExtended.model_fields)
