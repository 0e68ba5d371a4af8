"""Makes what tiny-embed has importable here (the world, the vocabulary, the encoder), and
`training`, what the models' trainings share."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
EMBED = HERE.parent / "tiny-embed"
for folder in (EMBED, HERE.parent):
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
