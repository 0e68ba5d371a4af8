"""Makes what tiny-embed has importable here (the vocabulary, the encoder, the questions of its
evaluation), and what all models share: `training`, and `world`, the data of the texts."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
EMBED = HERE.parent / "tiny-embed"
for folder in (EMBED, HERE.parent):
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
