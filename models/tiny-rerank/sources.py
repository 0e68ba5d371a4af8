"""Makes what tiny-embed has importable here: the world, the vocabulary, the encoder."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
EMBED = HERE.parent / "tiny-embed"
if str(EMBED) not in sys.path:
    sys.path.append(str(EMBED))
